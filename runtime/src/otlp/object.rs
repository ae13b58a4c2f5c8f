//! Objects that are objects: serde's derived readers would take an array of members in order, too.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};

/// Reads an object by `read`, and nothing else.
pub(super) fn object<'de, D, T, R>(deserializer: D, read: R) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    R: ReadMembers<'de, T>,
{
    deserializer.deserialize_map(ObjectVisitor {
        read,
        reads: PhantomData,
    })
}

/// A reader of an object's members.
pub(super) trait ReadMembers<'de, T> {
    fn read<A: MapAccess<'de>>(self, members: MapAccessDeserializer<A>) -> Result<T, A::Error>;
}

struct ObjectVisitor<T, R> {
    read: R,
    reads: PhantomData<T>,
}

impl<'de, T, R: ReadMembers<'de, T>> Visitor<'de> for ObjectVisitor<T, R> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        self.read.read(MapAccessDeserializer::new(members))
    }
}

/// Makes types that derive with `#[serde(remote = "Self")]` readable from objects alone.
macro_rules! from_objects {
    ($($type:ident $(<$lifetime:lifetime>)?),+ $(,)?) => {$(
        const _: () = {
            struct ReadSelf;

            impl<'de $(: $lifetime, $lifetime)?> $crate::otlp::object::ReadMembers<'de, $type $(<$lifetime>)?> for ReadSelf {
                fn read<A: serde::de::MapAccess<'de>>(
                    self,
                    members: serde::de::value::MapAccessDeserializer<A>,
                ) -> Result<$type $(<$lifetime>)?, A::Error> {
                    $type::deserialize(members)
                }
            }

            impl<'de $(: $lifetime, $lifetime)?> serde::Deserialize<'de> for $type $(<$lifetime>)? {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    $crate::otlp::object::object(deserializer, ReadSelf)
                }
            }
        };
    )+};
}
pub(super) use from_objects;
