//! The store by itself: what it sends, and what it makes of failures.

use std::io::ErrorKind;
use std::time::Duration;

use madang::config::S3;
use madang::files::{Away, NotReady, S3Store, Store};
use madang::secret::Secret;

use super::{Opened, content};
use crate::support::Bucket;
use crate::support::bucket::{Fault, sha256};

fn open(bucket: &Bucket) -> Opened {
    Opened::new(&bucket.settings())
}

fn with_parts(bucket: &Bucket, size: u64) -> Opened {
    let mut settings = bucket.settings();
    settings.limits.part_size = size;
    Opened::new(&settings)
}

#[test]
fn bytes_are_stored_once_listed_read_in_ranges_and_removed() {
    let bucket = Bucket::start();
    let opened = open(&bucket);
    let hash = opened.put(b"0123456789").unwrap();
    let first = bucket.with(|state| state.objects.values().next().unwrap().1);
    bucket.requests();
    assert_eq!(opened.put(b"0123456789").unwrap(), hash);
    assert_eq!(bucket.requests().len(), 2, "it is offered, and its length is compared");
    assert_eq!(bucket.with(|state| state.objects.values().next().unwrap().1), first, "it is left as it is");
    assert_eq!(opened.store.size(&hash).unwrap(), 10);
    let listed = opened.store.list(&hash[..2]).unwrap();
    assert_eq!((listed.len(), &listed[0].hash, listed[0].bytes, listed[0].stored_at), (1, &hash, 10, first));
    for (range, bytes) in
        [(0..10, "0123456789"), (0..u64::MAX, "0123456789"), (2..5, "234"), (8..99, "89"), (5..5, ""), (10..20, "")]
    {
        assert_eq!(opened.read(&hash, range.clone()).unwrap(), bytes.as_bytes(), "{range:?}");
    }
    opened.store.remove(&hash).unwrap();
    opened.store.remove(&hash).unwrap();
    assert_eq!(opened.store.size(&hash).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(opened.read(&hash, 0..1).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(opened.put(b"").and_then(|hash| opened.read(&hash, 0..u64::MAX)).unwrap(), b"");
}

#[test]
fn other_bytes_under_a_hash_once_counted_as_stored() {
    let bucket = Bucket::start();
    for (opened, size) in [(open(&bucket), 20), (open(&bucket), 300_000), (with_parts(&bucket, 150_000), 400_000)] {
        let bytes = content(size);
        let hash = opened.put(&bytes).unwrap();
        bucket.with(|state| state.objects.values_mut().for_each(|object| object.0 = b"something else".to_vec()));
        assert_eq!(opened.put(&bytes).unwrap(), hash);
        assert_eq!(opened.read(&hash, 0..u64::MAX).unwrap(), bytes);
        opened.store.remove(&hash).unwrap();
    }
}

#[test]
fn a_list_goes_over_its_pages_and_shows_only_files() {
    let bucket = Bucket::start();
    let opened = open(&bucket);
    let hashes: Vec<String> = (0..7).map(|number| format!("ab{number:062}")).collect();
    bucket.with(|state| {
        for hash in &hashes {
            state.objects.insert(format!("chat/ab/{hash}"), (b"x".to_vec(), 1_000));
        }
        for other in ["chat/ab/notes.txt", "chat/ac/x", "other/ab", "ab/x"] {
            state.objects.insert(other.to_owned(), (Vec::new(), 1_000));
        }
    });
    let listed: Vec<_> = opened.store.list("ab").unwrap().into_iter().map(|object| object.hash).collect();
    assert_eq!(listed, hashes);
    assert!(opened.store.list("cd").unwrap().is_empty());
}

#[test]
fn a_large_file_goes_in_parts() {
    let bucket = Bucket::start();
    for has_checksums in [true, false] {
        let mut settings = bucket.settings();
        (settings.limits.part_size, settings.has_checksums) = (150_000, has_checksums);
        let opened = Opened::new(&settings);
        let large = content(350_000 + usize::from(has_checksums));
        let hash = opened.put(&large).unwrap();
        assert_eq!(opened.read(&hash, 0..u64::MAX).unwrap(), large);
        assert_eq!(opened.read(&hash, 149_990..150_010).unwrap(), large[149_990..150_010]);
        let parts = bucket.requests().iter().filter(|request| request.contains("partNumber")).count();
        assert_eq!((parts, bucket.uploads()), (3, 0));
        // Already there: nothing is sent.
        opened.put(&large).unwrap();
        assert!(bucket.requests().iter().all(|request| request.starts_with("HEAD ")));
    }
}

#[test]
fn an_upload_in_parts_that_fails_leaves_nothing() {
    let bucket = Bucket::start();
    let opened = with_parts(&bucket, 100_000);
    let large = content(250_000);
    bucket.with(|state| state.refuse_part = Some(2));
    let error = opened.put(&large).unwrap_err();
    assert!(Away::is(&error), "{error}");
    assert_eq!((bucket.uploads(), bucket.files().len()), (0, 0));
    bucket.with(|state| state.refuse_part = None);
    opened.put(&large).unwrap();
    assert_eq!(bucket.files().len(), 1);
}

#[test]
fn an_upload_whose_last_answer_is_lost_is_done() {
    let bucket = Bucket::start();
    let opened = with_parts(&bucket, 100_000);
    bucket.with(|state| state.lose_completion = true);
    let large = content(150_000);
    let hash = opened.put(&large).unwrap();
    assert_eq!(opened.read(&hash, 0..u64::MAX).unwrap(), large);
}

#[test]
fn uploads_that_a_crash_left_are_aborted_when_they_are_old() {
    let bucket = Bucket::start();
    let opened = open(&bucket);
    bucket.with(|state| {
        for number in 0..5 {
            state.leave_upload(&format!("chat/ab/{}", "ab".repeat(32)), 1_000 + number);
        }
        state.leave_upload("chat/video.mp4", 500);
    });
    opened.store.remove_unfinished(1_003).unwrap();
    assert_eq!(bucket.uploads(), 3);
    opened.store.remove_unfinished(i64::MAX).unwrap();
    assert_eq!(bucket.uploads(), 1, "that of another program");
}

#[test]
fn a_failure_that_passes_is_not_seen() {
    let bucket = Bucket::start();
    let opened = open(&bucket);
    for faults in [
        vec![Fault::Status(503), Fault::Status(500), Fault::Status(429)],
        vec![Fault::Cut, Fault::Cut, Fault::Status(502)],
        vec![Fault::CutAfter, Fault::CutAfter],
    ] {
        bucket.fail(&faults);
        let hash = opened.put(format!("{faults:?}").as_bytes()).unwrap();
        bucket.fail(&faults);
        assert_eq!(opened.read(&hash, 0..u64::MAX).unwrap(), format!("{faults:?}").as_bytes());
        bucket.fail(&faults);
        opened.store.remove(&hash).unwrap();
    }
    assert!(bucket.files().is_empty());
}

#[test]
fn a_store_that_is_away_says_nothing_about_the_bytes() {
    let bucket = Bucket::start();
    let opened = open(&bucket);
    let hash = opened.put(b"kept").unwrap();
    bucket.set_away(true);
    for error in [
        opened.put(b"other").unwrap_err(),
        opened.store.size(&hash).unwrap_err(),
        opened.read(&hash, 0..4).unwrap_err(),
        opened.store.list("ab").unwrap_err(),
        opened.store.remove(&hash).unwrap_err(),
    ] {
        assert!(Away::is(&error) && error.kind() != ErrorKind::NotFound, "{error:?}");
    }
    assert!(bucket.requests().len() >= 5 * 4, "each is tried four times");
    bucket.set_away(false);
    assert_eq!(opened.read(&hash, 0..4).unwrap(), b"kept");
}

#[test]
fn reading_goes_on_after_a_broken_connection() {
    let bucket = Bucket::start();
    let opened = open(&bucket);
    let large = content(3_000_000);
    let hash = opened.put(&large).unwrap();
    bucket.requests();
    // As often as some bytes arrive.
    bucket.fail(&[Fault::CutInBody; 10]);
    assert!(opened.read(&hash, 0..u64::MAX).unwrap() == large);
    assert_eq!(bucket.requests().len(), 11);
    // Not without end.
    bucket.fail(&[Fault::CutBeforeBody; 8]);
    let error = opened.read(&hash, 0..u64::MAX).unwrap_err();
    assert!(Away::is(&error), "{error}");
    assert_eq!(bucket.faults_left(), 1);
}

#[test]
fn reading_goes_on_when_a_store_stops_in_the_middle() {
    let bucket = Bucket::start();
    let large = content(3_000_000);
    let hash = open(&bucket).put(&large).unwrap();
    bucket.requests();
    bucket.fail(&[Fault::Stall]);
    let mut settings = bucket.settings();
    settings.limits.answer = Duration::from_secs(1);
    assert!(Opened::new(&settings).read(&hash, 0..u64::MAX).unwrap() == large);
    assert!(bucket.requests().len() >= 2);
}

/// An unreadable file is not reported as a store that does not answer, nor as one that lost it.
#[test]
fn a_local_file_that_cannot_be_read_is_not_blamed_on_the_store() {
    let bucket = Bucket::start();
    let folder = crate::support::TempDir::new();
    // A folder can be opened, and reading it fails; in parts, and in one request.
    for opened in [with_parts(&bucket, 1), open(&bucket)] {
        for path in [folder.path().to_owned(), folder.path().join("missing")] {
            let error = opened.store.put(&sha256(b""), &path).unwrap_err();
            assert!(!Away::is(&error) && error.kind() != ErrorKind::NotFound, "{error:?}");
            assert!(error.to_string().starts_with("the file to be stored cannot be read: "), "{error}");
        }
    }
    assert_eq!((bucket.files().len(), bucket.uploads()), (0, 0));
}

#[test]
fn a_web_page_is_not_taken_for_a_store() {
    let bucket = Bucket::start();
    for page in ["<!doctype html><p>Welcome", "<html><body>Welcome</body></html>", "Welcome", ""] {
        bucket.with(|state| state.page = Some(page));
        let why = refused(|_| {}, &bucket);
        assert_eq!(why, "S3_ENDPOINT answers, but not as an S3 store does (correct it)", "{page}");
    }
}

#[test]
fn a_store_that_goes_away_while_it_is_checked_is_not_refused() {
    let bucket = Bucket::start();
    for method in ["GET", "DELETE"] {
        bucket.fail_at(&format!("{method} /courtyard/chat/madang-check-"), &[Fault::Cut; 4]);
        let away = open(&bucket).store.check("one").unwrap_err();
        assert!(matches!(&away, NotReady::Away(why) if why.contains("does not answer")), "{method}: {away:?}");
        assert_eq!(bucket.faults_left(), 0);
    }
    open(&bucket).store.check("one").unwrap();
}

/// It would count as lost.
#[test]
fn a_file_that_is_listed_without_its_size_or_time_is_an_error() {
    let bucket = Bucket::start();
    let opened = open(&bucket);
    let hash = opened.put(b"kept").unwrap();
    for name in ["Size", "LastModified"] {
        bucket.with(|state| state.left_out = Some(name));
        let error = opened.store.list(&hash[..2]).unwrap_err();
        assert!(Away::is(&error) && error.to_string().contains("without its size or its time"), "{error:?}");
    }
}

#[test]
fn a_connection_is_used_again() {
    let bucket = Bucket::start();
    let opened = open(&bucket);
    for number in 0..20 {
        opened.put(format!("{number}").as_bytes()).unwrap();
    }
    assert_eq!(bucket.with(|state| state.connections), 1);
}

/// Returns the sentence of a bucket that is not used.
fn refused(change: impl FnOnce(&mut S3), bucket: &Bucket) -> String {
    let mut settings = bucket.settings();
    change(&mut settings);
    match Opened::new(&settings).store.check("one") {
        Err(NotReady::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_bucket_that_cannot_be_used_is_explained() {
    let bucket = Bucket::start();
    let place = format!("the S3 bucket courtyard at http://{}", bucket.address);
    let no_bucket = refused(|s3| s3.bucket = "nowhere".into(), &bucket);
    assert!(no_bucket.contains("nowhere at http") && no_bucket.ends_with("(create the bucket, or correct S3_BUCKET)"));
    let unknown = refused(|s3| s3.credentials.key_id = "JUN".into(), &bucket);
    assert_eq!(unknown, format!("{place} does not know the access key (correct AWS_ACCESS_KEY_ID)"));
    let wrong = refused(|s3| s3.credentials.secret_key = Secret::new("something else"), &bucket);
    assert_eq!(wrong, format!("{place} refuses the signature (correct AWS_SECRET_ACCESS_KEY or AWS_REGION)"));
    bucket.set_ahead(Duration::from_secs(3_630));
    let skewed = refused(|_| {}, &bucket);
    assert_eq!(skewed, format!("the clock of this machine is 60 minutes behind that of {place} (set it right)"));
    bucket.set_ahead(Duration::ZERO);
    bucket.demand_token("of today");
    let token = refused(|_| {}, &bucket);
    assert_eq!(token, format!("{place} refuses the session token (renew AWS_SESSION_TOKEN)"));
    let mut settings = bucket.settings();
    settings.credentials.session_token = Some(Secret::new("of today"));
    Opened::new(&settings).store.check("one").unwrap();
    let other = Opened::new(&settings).store.check("two").unwrap_err();
    assert!(matches!(&other, NotReady::Refused(why) if why.contains("has the files of another server")), "{other:?}");
    Opened::new(&settings).store.check("one").unwrap();
    assert_eq!(bucket.with(|state| state.objects.len()), 1, "only the mark is left");
}

#[test]
fn a_store_that_does_not_answer_is_not_refused() {
    let bucket = Bucket::start();
    bucket.set_away(true);
    let away = open(&bucket).store.check("one").unwrap_err();
    assert!(matches!(&away, NotReady::Away(why) if why.contains("does not answer: the connection broke")), "{away:?}");
}

/// Abuse: N4
#[test]
fn files_do_not_cross_the_internet_unprotected() {
    let bucket = Bucket::start();
    // An address that no packet is sent to: the refusal comes before.
    let why = refused(|s3| s3.endpoint = "http://8.8.8.8".parse().unwrap(), &bucket);
    assert!(why.contains("http:// at the public address 8.8.8.8") && why.ends_with("(use https://)"), "{why}");
}

#[test]
fn only_a_certificate_that_is_trusted_is_talked_to() {
    let (bucket, bundle) = Bucket::start_with_tls();
    let folder = crate::support::TempDir::new();
    let path = folder.path().join("bundle.pem");
    std::fs::write(&path, bundle).unwrap();
    let endpoint: url::Url = format!("https://localhost:{}", bucket.address.port()).parse().unwrap();
    let why = refused(|s3| s3.endpoint = endpoint.clone(), &bucket);
    assert!(why.contains("the certificate of localhost is not trusted") && why.contains("AWS_CA_BUNDLE"), "{why}");
    let other = Bucket::start_with_tls().1;
    let settings = S3 { endpoint, ca_bundle: Some(path.clone()), ..bucket.settings() };
    let opened = Opened::new(&settings);
    opened.store.check("one").unwrap();
    let hash = opened.put(&content(1_000_000)).unwrap();
    assert!(opened.read(&hash, 0..u64::MAX).unwrap() == content(1_000_000));
    std::fs::write(&path, other).unwrap();
    let error = Opened::new(&settings).put(b"x").unwrap_err();
    assert!(error.to_string().contains("is not trusted"), "{error}");
}

#[test]
fn the_bucket_is_in_the_host_name_or_in_the_path() {
    let link = |endpoint: &str, is_path_style: bool| {
        let mut settings = Bucket::start().settings();
        (settings.endpoint, settings.is_path_style, settings.has_links) =
            (endpoint.parse().unwrap(), is_path_style, true);
        let store = S3Store::new(&settings)?;
        let shown = madang::files::Shown { content_type: "text/plain", disposition: "attachment" };
        let link = store.link(&sha256(b""), &shown).unwrap();
        Ok::<_, String>(link.split("e3/").next().unwrap().to_owned())
    };
    let aws = "https://s3.eu-north-1.amazonaws.com";
    assert_eq!(link(aws, false).unwrap(), "https://courtyard.s3.eu-north-1.amazonaws.com/chat/");
    assert_eq!(link(aws, true).unwrap(), "https://s3.eu-north-1.amazonaws.com/courtyard/chat/");
    assert_eq!(link("https://host:9000/store/s3", true).unwrap(), "https://host:9000/store/s3/courtyard/chat/");
    let numbers = link("http://127.0.0.1:9000", false).unwrap_err();
    assert!(numbers.contains("set S3_PATH_STYLE=on"), "{numbers}");
}
