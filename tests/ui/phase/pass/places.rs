//! Phases on closures, `async` blocks, rounds of loops and arms of `match`.
#![deny(warnings)]

use std::future::ready;
use std::pin::Pin;

use glassbox::phase;

#[derive(Debug, PartialEq)]
struct Failed;

async fn fetch(id: u32) -> Result<u32, Failed> {
    ready(if id > 90 { Err(Failed) } else { Ok(id) }).await
}

fn check(id: u32) -> Result<u32, Failed> {
    if id > 90 { Err(Failed) } else { Ok(id) }
}

#[phase]
fn closures(texts: &[String]) -> Option<usize> {
    let mut calls = 0;
    let mut count = #[phase("count", text.length = text.len())]
    |text: &String| {
        calls += 1;
        if text.is_empty() {
            return 0;
        }
        text.len()
    };
    let sum: usize = texts.iter().map(&mut count).sum();
    count(&String::new());
    assert_eq!(calls, texts.len() + 1);

    #[phase("first")]
    let first = |texts: &[String]| -> Result<usize, Failed> {
        let text = texts.first().ok_or(Failed)?;
        Ok(text.len())
    };
    first(texts).ok()?;
    let own = String::from("own");
    let take = #[phase("take")]
    move || own;
    assert_eq!(take(), "own");
    texts
        .iter()
        .map(
            #[phase("borrowed")]
            |text| text.trim(),
        )
        .map(str::len)
        .max()
        .filter(|longest| *longest <= sum)
}

#[phase]
async fn closures_that_wait(ids: Vec<u32>) -> Result<u32, Failed> {
    let mut sum = 0;
    let get = #[phase("get", item.id = id)]
    async |id: u32| {
        let got = fetch(id).await?;
        Ok::<_, Failed>(got + 1)
    };
    let later = #[phase("later", item.id = id)]
    |id: u32| async move { fetch(id).await };
    let boxed = #[phase("boxed")]
    |id: u32| -> Pin<Box<dyn Future<Output = Result<u32, Failed>> + Send>> {
        Box::pin(async move { fetch(id).await })
    };
    for id in ids {
        sum += get(id).await? + later(id).await? + boxed(id).await?;
    }
    Ok(sum)
}

#[phase]
async fn blocks(text: String) -> Result<usize, Failed> {
    let length = #[phase("length", text.length = text.len())]
    async {
        text.len()
    };
    let length = length.await;
    #[phase("owned")]
    let owned = async move {
        ready(()).await;
        if text.is_empty() {
            return Err(Failed);
        }
        Ok(text.len())
    };
    #[phase("pinned")]
    let pinned: Pin<Box<dyn Future<Output = usize> + Send>> = Box::pin(async { 1 });
    let (owned, other) = tokio::join!(owned, pinned);
    Ok(length + owned? + other)
}

#[phase]
fn rounds(ids: &[u32]) -> Result<u32, Failed> {
    let mut sum = 0;
    #[phase("plain", rounds, item.id = id)]
    for id in ids {
        sum += id;
    }
    #[phase("jumps", rounds = 2)]
    'ids: for id in ids {
        for step in 0..3 {
            if step == 1 {
                continue;
            }
            if *id == 7 {
                continue 'ids;
            }
            if *id == 8 {
                break 'ids;
            }
            sum += step;
            if step == 2 {
                break;
            }
        }
        if *id == 9 {
            continue;
        }
        if *id == 10 {
            break;
        }
        sum += 1;
    }
    #[phase("fails", rounds)]
    for id in ids {
        sum += check(*id)?;
    }
    #[phase("fails and jumps", rounds)]
    for id in ids {
        if *id == 5 {
            continue;
        }
        if check(*id)? == 6 {
            break;
        }
        sum += 1;
    }
    let mut left = ids.to_vec();
    #[phase("while let", rounds)]
    while let Some(id) = left.pop() {
        let own = vec![id];
        drop(own);
    }
    #[phase("while", rounds = 1)]
    while left.len() < 3 {
        left.push(1);
    }
    #[phase("value", rounds)]
    let found = loop {
        left.pop();
        if left.is_empty() {
            break "empty";
        }
        if left.len() > 100 {
            continue;
        }
        if check(3)? == 4 {
            break "four";
        }
    };
    assert_eq!(found, "empty");
    #[phase("always left", rounds)]
    loop {
        break;
    }
    #[phase("last", rounds)]
    loop {
        sum += 1;
        if sum > 10 {
            break Ok(sum);
        }
    }
}

#[phase]
async fn rounds_that_wait(ids: Vec<u32>) -> Result<Vec<u32>, Failed> {
    let mut got = Vec::new();
    #[phase("fetch", rounds = 10, item.id = id)]
    for id in ids {
        if id == 2 {
            continue;
        }
        if id == 3 {
            break;
        }
        got.push(fetch(id).await?);
    }
    #[phase("wait", rounds)]
    for id in &got {
        ready(id).await;
    }
    let number = #[phase("retry", rounds)]
    loop {
        if let Ok(number) = fetch(7).await {
            break number;
        }
    };
    got.push(number);
    Ok(got)
}

#[phase]
async fn arms(number: u32, text: &str) -> Result<u32, Failed> {
    let name = match number {
        #[phase("zero")]
        0 => "zero",
        #[phase("some", some.number = other)]
        other if other > 5 => {
            ready(()).await;
            "more"
        }
        #[phase("fails")]
        1 => {
            check(91)?;
            "one"
        }
        _ => "few",
    };
    match text {
        #[phase("named")]
        "" => Ok(name.len().try_into().unwrap_or(0)),
        #[phase("fetched")]
        _ => fetch(number).await,
    }
}

#[phase]
fn branches(number: u32) -> Result<u32, Failed> {
    if number > 3 {
        #[phase("more")]
        check(number)
    } else {
        match number {
            0 =>
            {
                #[phase("zero")]
                Err(Failed)
            }
            #[phase("few")]
            few => Ok(few),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    assert_eq!(closures(&["a".to_owned()]), Some(1));
    assert_eq!(closures_that_wait(vec![1, 2]).await, Ok(11));
    assert_eq!(closures_that_wait(vec![91]).await, Err(Failed));
    assert_eq!(blocks("ab".to_owned()).await, Ok(5));
    assert_eq!(rounds(&[1, 2, 7]), Ok(30));
    assert_eq!(rounds(&[91]), Err(Failed));
    assert_eq!(
        rounds_that_wait(vec![1, 2, 1, 3, 91]).await,
        Ok(vec![1, 1, 7])
    );
    assert_eq!(arms(0, "").await, Ok(4));
    assert_eq!(arms(9, "x").await, Ok(9));
    assert_eq!(arms(1, "").await, Err(Failed));
    assert_eq!(branches(2), Ok(2));
    assert_eq!(branches(0), Err(Failed));
    assert_eq!(branches(4), Ok(4));
}
