//! The compiler finds out types as it does without phases.
#![deny(warnings)]

use glassbox::{ToolError, mcp_tool, phase};
use std::str::FromStr;

#[phase]
fn f(x: Vec<&str>) -> Result<u32, ToolError> {
    #[phase("collect")]
    let v = x
        .iter()
        .map(|s| s.parse::<u32>())
        .collect::<Result<Vec<_>, _>>()?;
    #[phase("sum")]
    let s: u32 = x.iter().map(|s| s.parse::<u32>()).sum::<Result<u32, _>>()?;
    #[phase("ok_or")]
    let first = v.first().ok_or(ToolError::new("none"))?;
    #[phase("map_err")]
    let y: u8 = x[0]
        .parse()
        .map_err(|e: std::num::ParseIntError| ToolError::new(e.to_string()))?;
    #[phase("from_str")]
    let z: u16 = FromStr::from_str(x[0])?;
    #[phase("try_from")]
    let w: u8 = TryFrom::try_from(s)?;
    #[phase("json")]
    let j: Vec<u8> = serde_json::from_str("[]")?;
    #[phase("transpose")]
    let t = x.get(1).map(|s| s.parse::<u32>()).transpose()?;
    #[phase("io")]
    std::fs::read_to_string(file!())?;
    #[phase("boxed")]
    boxed()?;
    #[phase("generic")]
    let g: u64 = parse_as(x[0])?;
    Ok(*first
        + s
        + u32::from(y)
        + u32::from(z)
        + u32::from(w)
        + j.len() as u32
        + t.unwrap_or(0)
        + g as u32)
}
fn parse_as<T: FromStr>(s: &str) -> Result<T, T::Err> {
    s.parse()
}
fn boxed() -> Result<(), std::fmt::Error> {
    Ok(())
}

#[phase]
async fn g<E: std::error::Error + Send + Sync + 'static>(
    r: Result<u8, E>,
) -> Result<u8, ToolError> {
    #[phase("generic_error")]
    let a = r?;
    #[phase("timeout")]
    let b = tokio::time::timeout(std::time::Duration::from_secs(1), async { 5u8 }).await?;
    #[phase("join")]
    let (c, d) = tokio::try_join!(async { Ok::<_, ToolError>(1u8) }, async {
        Ok::<_, ToolError>(1u8)
    })?;
    #[phase("spawn")]
    let e = tokio::spawn(async { 5u8 }).await?;
    #[phase("select")]
    let s = tokio::select! { biased; x = async { 1u8 } => x, y = async { 2u8 } => y };
    Ok(a + b + c + d + e + s)
}
#[mcp_tool]
async fn t() -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    #[phase("a")]
    let a = std::fs::read_to_string(file!())?;
    #[phase("opt")]
    let b = {
        let mut n = 0;
        for i in 0..3 {
            if i == 1 {
                continue;
            }
            n += "7".parse::<u8>()?;
        }
        n
    };
    if let Some(x) = Some(1) {
        #[phase("nested")]
        let _y = async { Ok::<u8, std::io::Error>(x) }.await?;
    }
    let c = [1, 2].map(|x| {
        #[phase("closure")]
        let y = x + 1;
        y
    });
    Ok(format!("{a}{b}{c:?}"))
}
#[tokio::main]
async fn main() {
    assert_eq!(f(vec!["1"]).unwrap(), 6);
    assert_eq!(g(Ok::<_, std::io::Error>(1)).await.unwrap(), 14);
    assert!(t().await.unwrap().ends_with("14[2, 3]"));
}
