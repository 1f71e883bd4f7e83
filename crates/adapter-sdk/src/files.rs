//! The file drop (文件投递): a folder into which a department puts pairs of a data file and its flag file.

mod examine;
mod flag;
mod folder;
mod reader;

pub(crate) use self::{
    examine::{Examined, examine},
    flag::Flag,
    folder::{DONE, Dropped, Inbox, REFUSED, flag_name},
    reader::{Fingerprint, Metered},
};
