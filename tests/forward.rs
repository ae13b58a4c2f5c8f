//! Forwarding to a collector on a real socket.
