//! Phases on statements, blocks and expressions, with and without `?`, waiting and not.
#![deny(warnings)]

use std::cell::Cell;
use std::future::ready;

use glassbox::phase;

#[derive(Debug, PartialEq)]
struct Failed(String);

impl From<std::num::ParseIntError> for Failed {
    fn from(error: std::num::ParseIntError) -> Self {
        Self(error.to_string())
    }
}

trait Shape: Send + Sync {
    fn area(&self) -> u32;
}

struct Square(u32);

impl Shape for Square {
    fn area(&self) -> u32 {
        self.0 * self.0
    }
}

#[phase]
async fn parse(text: &str) -> Result<u32, Failed> {
    Ok(text.parse()?)
}

#[phase]
async fn forms(text: &str, flag: bool) -> Result<u32, Failed> {
    // The type of the `let` reaches into the phase.
    #[phase("coerced")]
    let shapes: Vec<Box<dyn Shape>> = vec![Box::new(Square(1))];
    #[phase("coerced behind a question mark")]
    let more: Vec<Box<dyn Shape>> = {
        let side = parse(text).await?;
        vec![Box::new(Square(side))]
    };
    let area: u32 = shapes.iter().chain(&more).map(|shape| shape.area()).sum();

    #[phase("peeled")]
    let number: u32 = text.parse()?;
    let late;
    #[phase("late", app.text.length = text.len())]
    {
        ready(()).await;
    }
    #[phase("assigned")]
    late = text.parse::<u32>()?;

    let mut sum = number;
    #[phase("changed")]
    {
        sum += late;
    }
    #[phase("changed while waiting")]
    {
        sum += ready(area).await;
    }
    #[phase("loop")]
    for step in 0..3 {
        if step == 1 {
            continue;
        }
        sum += step;
    }
    #[phase("label")]
    let value = 'found: {
        if flag {
            break 'found 1;
        }
        2
    };
    #[phase("else")]
    let Some(first) = text.chars().next() else {
        return Err(Failed(String::new()));
    };
    #[phase("if")]
    if flag {
        ready(()).await;
    }
    #[phase("macro")]
    assert!(first.is_ascii());

    let in_closure = |text: &str| -> Result<u32, Failed> {
        #[phase("closure")]
        let number = {
            let number: u32 = text.parse()?;
            number + 1
        };
        Ok(number)
    };
    let length = |text: &str| {
        #[phase("length")]
        text.len()
    };
    let later = async {
        #[phase("async block")]
        let number = parse(text).await?;
        Ok::<_, Failed>(number)
    };
    sum += later.await? + in_closure(text)?;
    let arm = match flag {
        true =>
        #[phase("arm")]
        {
            sum + 1
        }
        false => 0,
    };
    #[phase("outer")]
    let outer = {
        #[phase("inner")]
        let number = parse(text).await?;
        #[phase("inner block")]
        let more = {
            let number = number + parse(text).await?;
            number + 1
        };
        more
    };
    assert!(length(text) > 0);
    #[phase("last")]
    finish(sum + value + arm + outer).await
}

async fn finish(number: u32) -> Result<u32, Failed> {
    Ok(number)
}

#[phase]
async fn optional(value: Option<u32>) -> Option<u32> {
    #[phase("block")]
    let next = {
        let value = value?;
        ready(()).await;
        value + 1
    };
    #[phase("end")]
    let same = value?;
    Some(next + same)
}

/// Code that does not wait is no future, so what is not `Sync` may be looked at.
#[phase]
async fn cell(cell: Cell<u32>) -> u32 {
    #[phase("look")]
    let value = cell.get();
    ready(()).await;
    value + cell.get()
}

#[phase]
async fn moved(values: Vec<String>) -> Result<Vec<String>, Failed> {
    #[phase("in")]
    let values = {
        finish(0).await?;
        values
    };
    #[phase("out")]
    let moved = values;
    Ok(moved)
}

#[phase]
fn borrowed(values: &mut Vec<u32>) -> Option<&mut u32> {
    #[phase("first")]
    let first = values.iter_mut().next();
    first
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(is_send(forms("12", true)).await, Ok(419));
    assert!(is_send(forms("x", true)).await.is_err());
    assert_eq!(is_send(optional(Some(1))).await, Some(3));
    assert_eq!(is_send(optional(None)).await, None);
    assert_eq!(is_send(cell(Cell::new(1))).await, 2);
    assert_eq!(is_send(moved(vec![])).await, Ok(vec![]));
    assert_eq!(borrowed(&mut vec![1]), Some(&mut 1));
}
