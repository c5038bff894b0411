//! Pages a second, by `wrk` on the core of the clients.

use std::io::ErrorKind;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::context::Context;
use crate::house::Folder;

/// What `wrk` found.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

/// Has each request be of another address, so that no answer is one that was kept.
const ANEW: &str = "local number = 0
request = function()
  number = number + 1
  return wrk.format(nil, wrk.path .. '?number=' .. number)
end
";

/// Asks for one page over and over on 32 connections; `is_anew` lets no answer be a kept one.
pub(crate) fn run(context: &Context, port: u16, path: &str, headers: &[String], is_anew: bool) -> Outcome<Found> {
    let seconds = context.window(5).as_secs().to_string();
    let mut command = Command::new("taskset");
    command.arg("--cpu-list").arg(context.client_core.to_string());
    command.args(["wrk", "-t1", "-c32", "--latency", "-d", &seconds]);
    headers.iter().for_each(|header| {
        command.arg("-H").arg(header);
    });
    let folder = Folder::new()?;
    if is_anew {
        let script = folder.path().join("anew.lua");
        std::fs::write(&script, ANEW)?;
        command.arg("-s").arg(script);
    }
    command.arg(format!("http://127.0.0.1:{port}{path}"));
    let output = command.output().map_err(|error| match error.kind() {
        ErrorKind::NotFound => "taskset is missing: it comes with util-linux".to_owned(),
        _ => format!("cannot start taskset: {error}"),
    })?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("wrk failed ({}): is it there? On Debian: apt-get install wrk", why.trim()).into());
    }
    read(&said)
}

fn read(said: &str) -> Outcome<Found> {
    if let Some(line) = said.lines().find(|line| line.contains("Non-2xx") || line.contains("Socket errors")) {
        return Err(format!("wrk: {}", line.trim()).into());
    }
    let after = |name: &str| {
        let line = said.lines().map(str::trim).find_map(|line| line.strip_prefix(name));
        line.map(str::trim).ok_or_else(|| format!("wrk did not tell {name}"))
    };
    Ok(Found {
        per_second: after("Requests/sec:")?.parse()?,
        p50_ms: to_millis(after("50%")?)?,
        p99_ms: to_millis(after("99%")?)?,
    })
}

/// A time as `wrk` writes it: `850.00us`, `1.23ms`, `2.00s`, `1.50m`.
fn to_millis(text: &str) -> Outcome<f64> {
    let units = [("us", 1e-3), ("ms", 1.0), ("s", 1e3), ("m", 60e3)];
    let found = units.iter().find_map(|(unit, factor)| Some(text.strip_suffix(unit)?.parse::<f64>().ok()? * factor));
    found.ok_or_else(|| format!("a strange time: {text}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wrk_says_is_understood() {
        let said = "  Latency Distribution\n     50%    3.12ms\n     75%    4ms\n     99%    1.05s \n\
                    Requests/sec:  10203.40\nTransfer/sec:     1.00MB\n";
        let found = read(said).unwrap();
        assert_eq!((found.per_second, found.p50_ms, found.p99_ms), (10_203.4, 3.12, 1_050.0));
        assert_eq!(to_millis("850.00us").unwrap(), 0.85);
        assert!(read("  Non-2xx or 3xx responses: 12\n").is_err());
    }
}
