//! The file drop (文件投递): a folder into which a department puts pairs of a data file and its flag file, or, where it has no
//! flags, data files alone that are complete once they have stayed as they are for ten seconds and open.
//!
//! What the departments' pages leave open:
//! * faults are told in this order: no bytes, other bytes than the flag speaks of, the format's own, the flag's row count;
//!   a flag without a readable `sm3=` is `file.hash`, without `rows=` it is `file.trailer`;
//! * a flag that lacks a line may still be being written: it is judged once two looks into the folder find it the same;
//! * a file that was taken in once under its name is known by all contents it ever had, not only by the last;
//! * a provider's error page lies where it is until the department replaces it, and keeps no other file waiting;
//! * a pair that cannot be read waits likewise;
//! * a file without flag that does not open after ten seconds may be an upload that stands still: it is refused once it has
//!   stayed as it is for twenty;
//! * nothing in `done/` or `refused/` is written over: the second of a name becomes `<name>.2` with `<name>.2.ok`.

mod examine;
mod flag;
mod folder;
mod reader;
mod settling;

pub(crate) use self::{
    examine::{Examined, examine},
    flag::Flag,
    folder::{DONE, Dropped, Inbox, REFUSED, flag_name},
    reader::{Fingerprint, Metered, changed, head, stamp},
};
