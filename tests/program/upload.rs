//! Uploads when the process ends or the disk is full.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::{Program, binary, binary_on_full_disk};
use crate::support::Person;
use crate::support::TempDir;

/// Starts an upload that declares a larger length than it sends.
async fn begin_upload(program: &Program, who: &Person, beginning: &[u8]) -> TcpStream {
    let head = format!(
        "POST /api/uploads HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-length: 9000000\r\n\
         content-type: multipart/form-data; boundary=x\r\n\r\n\
         --x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n",
        program.0.address, who.token
    );
    let mut stream = TcpStream::connect(program.0.address).await.unwrap();
    stream.write_all(&[head.as_bytes(), beginning].concat()).await.unwrap();
    stream
}

/// Abuse: U12
#[tokio::test]
async fn a_kill_during_an_upload_leaves_nothing_of_it() {
    let folder = TempDir::new();
    let incoming = || std::fs::read_dir(folder.path().join("data/incoming")).unwrap().count();
    let mut program = Program::start(folder.path(), &[]);
    let minji = program.guest("minji").await;
    let upload = begin_upload(&program, &minji, &vec![b'x'; 600_000]).await;
    while incoming() == 0 {
        program.request("GET", "/healthz").send().await;
    }
    program.kill();
    assert_eq!(incoming(), 1);
    drop(upload);
    let program = Program::start(folder.path(), &[]);
    assert_eq!(incoming(), 0);
    let again = program.request("POST", "/api/uploads").bearer(&minji.token);
    again.multipart(Some(("x", &vec![b'x'; 600_000])), &[]).send().await.is(201);
}

/// Abuse: U13
#[tokio::test]
async fn a_full_disk_is_reported_and_nothing_stays() {
    let folder = TempDir::new();
    let program = Program::start_as(binary_on_full_disk(), folder.path(), &[]);
    let minji = program.guest("minji").await;
    let upload = |size: usize| {
        let call = program.request("POST", "/api/uploads").bearer(&minji.token);
        call.multipart(Some(("x", &vec![b'x'; size])), &[]).send()
    };
    let refused = upload(6_000_000).await;
    assert_eq!(refused.refused(503, "unavailable")["message"], "the disk of the server is full");
    assert_eq!(std::fs::read_dir(folder.path().join("data/incoming")).unwrap().count(), 0);
    upload(1_000_000).await.is(201);
}

/// Abuse: U13
#[test]
fn uploads_do_not_follow_a_symlinked_folder() {
    let folder = TempDir::new();
    let (data, elsewhere) = (folder.path().join("data"), folder.path().join("elsewhere"));
    std::fs::create_dir(&data).unwrap();
    std::fs::create_dir(&elsewhere).unwrap();
    std::fs::write(elsewhere.join("precious"), b"precious").unwrap();
    std::os::unix::fs::symlink(&elsewhere, data.join("incoming")).unwrap();
    let output = testkit::process::serve(&mut binary(), folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("is a link, which is not allowed"), "{said}");
    assert!(elsewhere.join("precious").exists());
}
