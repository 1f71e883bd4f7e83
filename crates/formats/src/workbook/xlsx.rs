//! `.xlsx`: an archive of XML parts.

mod parts;
mod sheet;
mod styles;

use self::{
    parts::{Part, Parts, attribute, local},
    styles::Styles,
};
use super::{
    book::{Book, Fault, Merge, TakeRow, Texts},
    xlsx::sheet::Cells,
};
use quick_xml::events::Event;

/// What such a file begins with.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";

/// An open workbook.
pub(super) struct Xlsx {
    parts: Parts,
    sheets: Vec<Sheet>,
    texts: Texts,
    styles: Styles,
    is_from_1904: bool,
}

struct Sheet {
    name: String,
    /// Its part in the archive.
    part: String,
}

/// A part that another names.
struct Relation {
    id: String,
    /// Last word of its type (`worksheet`).
    kind: String,
    part: String,
}

impl Xlsx {
    pub(super) fn open(bytes: Vec<u8>) -> Result<Self, Fault> {
        let mut parts = Parts::open(bytes)?;
        let root = relations(&mut parts, "")?;
        let main = of_kind(&root, "officeDocument").ok_or(Fault::Torn("the archive holds no workbook"))?.to_owned();
        let related = relations(&mut parts, &main)?;
        let texts = match of_kind(&related, "sharedStrings") {
            Some(part) => shared_texts(&mut parts, part)?,
            None => Texts::default(),
        };
        let styles = match of_kind(&related, "styles") {
            Some(part) => Styles::read(parts.open_part(part)?)?,
            None => Styles::default(),
        };
        let (sheets, is_from_1904) = sheets(parts.open_part(&main)?, &related)?;
        Ok(Self { parts, sheets, texts, styles, is_from_1904 })
    }
}

impl Book for Xlsx {
    fn sheets(&self) -> Vec<String> {
        self.sheets.iter().map(|sheet| sheet.name.clone()).collect()
    }

    fn is_from_1904(&self) -> bool {
        self.is_from_1904
    }

    fn merges(&mut self, sheet: usize) -> Result<Vec<Merge>, Fault> {
        sheet::merges(self.parts.open_part(&self.sheets[sheet].part)?)
    }

    fn rows(&mut self, sheet: usize, take: &mut TakeRow<'_>) -> Result<(), Fault> {
        let part = self.parts.open_part(&self.sheets[sheet].part)?;
        Cells::new(&self.texts, &self.styles, self.is_from_1904).read(part, take)
    }
}

fn of_kind<'a>(relations: &'a [Relation], kind: &str) -> Option<&'a str> {
    relations.iter().find(|relation| relation.kind == kind).map(|relation| relation.part.as_str())
}

/// The parts that a part names, or the archive itself.
fn relations(parts: &mut Parts, of: &str) -> Result<Vec<Relation>, Fault> {
    let (folder, name) = of.rsplit_once('/').map_or((String::new(), of), |(folder, name)| (format!("{folder}/"), name));
    let mut relations = Vec::new();
    parts.open_part(&format!("{folder}_rels/{name}.rels"))?.each(|event| {
        if let Event::Start(tag) = event
            && local(tag) == "Relationship"
            && let (Some(id), Some(kind), Some(target)) =
                (attribute(tag, "Id")?, attribute(tag, "Type")?, attribute(tag, "Target")?)
        {
            let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
            relations.push(Relation { id, kind, part: resolved(&folder, &target) });
        }
        Ok(())
    })?;
    Ok(relations)
}

/// A part's name by how another in `folder` names it.
fn resolved(folder: &str, target: &str) -> String {
    let whole = target.strip_prefix('/').map_or_else(|| format!("{folder}{target}"), str::to_owned);
    let mut words: Vec<&str> = Vec::new();
    for word in whole.split('/') {
        match word {
            "" | "." => {}
            ".." => drop(words.pop()),
            word => words.push(word),
        }
    }
    words.join("/")
}

/// The sheets that hold cells, and how days are counted.
fn sheets(part: Part<'_>, related: &[Relation]) -> Result<(Vec<Sheet>, bool), Fault> {
    let (mut sheets, mut is_from_1904) = (Vec::new(), false);
    part.each(|event| {
        let Event::Start(tag) = event else { return Ok(()) };
        match local(tag) {
            "sheet" => {
                let id = attribute(tag, "id")?.unwrap_or_default();
                let relation = related.iter().find(|relation| relation.id == id);
                let relation = relation.ok_or(Fault::Torn("a sheet is missing"))?;
                if relation.kind == "worksheet" {
                    let name = attribute(tag, "name")?.unwrap_or_default();
                    sheets.push(Sheet { name, part: relation.part.clone() });
                }
            }
            "workbookPr" => {
                let counted = attribute(tag, "date1904")?;
                is_from_1904 |= counted.is_some_and(|value| matches!(value.as_str(), "1" | "true" | "on"));
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok((sheets, is_from_1904))
}

/// The texts that cells share; readings of characters beside them (`rPh`) are no part of a text.
fn shared_texts(parts: &mut Parts, part: &str) -> Result<Texts, Fault> {
    let mut texts = Texts::default();
    let mut text = sheet::RichText::default();
    parts.open_part(part)?.each(|event| {
        text.take(event)?;
        match event {
            Event::Start(tag) if local(tag) == "si" => text.begin(),
            Event::End(tag) if tag.local_name().as_ref() == "si" => texts.push(&text.end())?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(texts)
}
