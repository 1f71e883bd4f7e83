//! What every disk does.

use super::{Disk, LossyDisk, RealDisk, read_whole, write_whole};
use std::{io::ErrorKind, path::Path};

/// Runs `check` on each disk, with a folder to work in.
fn each(check: impl Fn(&dyn Disk, &Path)) {
    let place = tempfile::tempdir().unwrap();
    check(&RealDisk, &place.path().join("folder"));
    check(&LossyDisk::new(1), Path::new("/folder"));
}

#[test]
fn what_is_written_over_is_replaced_and_the_rest_stays() {
    each(|disk, folder| {
        disk.make_folder(folder).unwrap();
        let path = folder.join("file");
        let mut file = disk.create(&path).unwrap();
        file.write_at(0, b"0123456789").unwrap();
        file.write_at(2, b"ab").unwrap();
        file.write_at(8, b"cdef").unwrap();
        file.sync().unwrap();
        let content = || read_whole(disk, &path).unwrap().unwrap();
        assert_eq!(content(), b"01ab4567cdef");

        // An opened one too: it is not only written at its end.
        let mut file = disk.open(&path).unwrap();
        file.write_at(0, b"x").unwrap();
        file.truncate(4).unwrap();
        file.write_at(4, b"y").unwrap();
        assert_eq!((content().as_slice(), file.length().unwrap()), (b"x1aby".as_slice(), 5));

        disk.create(&path).unwrap();
        assert_eq!(content(), b"");
    });
}

#[test]
fn reads_are_short_only_at_the_end() {
    each(|disk, folder| {
        disk.make_folder(folder).unwrap();
        let path = folder.join("file");
        disk.create(&path).unwrap().write_at(0, b"12345").unwrap();
        let file = disk.read(&path).unwrap();
        let mut into = [0; 4];
        assert_eq!((file.read_at(1, &mut into).unwrap(), &into), (4, b"2345"));
        assert_eq!((file.read_at(3, &mut into).unwrap(), &into[..2]), (2, b"45".as_slice()));
        assert_eq!(file.read_at(9, &mut into).unwrap(), 0);
    });
}

#[test]
fn names_are_replaced_listed_in_order_and_missed_when_they_are_gone() {
    each(|disk, folder| {
        assert!(disk.list(folder).unwrap().is_empty());
        for path in [folder.join("b"), folder.join("a"), folder.join("below/c")] {
            write_whole(disk, &path, b"old").unwrap();
            write_whole(disk, &path, b"new").unwrap();
        }
        assert_eq!(disk.list(folder).unwrap(), ["a", "b", "below"]);
        disk.rename(&folder.join("a"), &folder.join("b")).unwrap();
        assert_eq!(disk.list(folder).unwrap(), ["b", "below"]);
        assert_eq!(read_whole(disk, &folder.join("a")).unwrap(), None);
        disk.remove(&folder.join("b")).unwrap();

        let gone = |error: Option<std::io::Error>| assert_eq!(error.unwrap().kind(), ErrorKind::NotFound);
        gone(disk.open(&folder.join("b")).err());
        gone(disk.read(&folder.join("b")).err());
        gone(disk.remove(&folder.join("b")).err());
        gone(disk.create(&folder.join("nowhere/file")).err());
    });
}
