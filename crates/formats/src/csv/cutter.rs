//! Which bytes are structure and which are content, one byte at a time.

/// What stands between the fields of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    /// `,`
    Narrow,
    /// `，`, the two bytes A3 AC.
    Wide,
}

impl Separator {
    const WIDE: (u8, u8) = (0xA3, 0xAC);

    /// As it stands in a layout's text.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Narrow => ",",
            Self::Wide => "，",
        }
    }

    /// The separator that a layout's text names.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        [Self::Narrow, Self::Wide].into_iter().find(|separator| separator.as_str() == text)
    }
}

/// What a byte turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Is {
    /// Part of the field.
    Content,
    /// The first byte of a character whose second decides.
    Half,
    /// A quote around the field, or the first of a doubled one, or a blank behind the closing one.
    Mark,
    /// A quote that opens the field; what stands before it is not content after all.
    Opening,
    /// The field's end.
    FieldEnd,
    /// The row's end.
    RowEnd,
}

/// Follows a row byte by byte.
#[derive(Debug, Clone)]
pub(super) struct Cutter {
    separator: Separator,
    place: Place,
    lead: bool,
    wide_lead: bool,
    /// Whether content stands outside the quotes of a quoted field.
    malformed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing but blanks so far.
    Start,
    /// In a field without quotes.
    Plain,
    /// Between the quotes.
    Quoted,
    /// Behind a quote that closes the field, unless another follows.
    Quote,
    /// Behind the closing quote.
    After,
}

/// A character as far as structure goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Char {
    Quote,
    Separator,
    Blank,
    LineEnd,
    Other,
}

impl Cutter {
    pub(super) fn new(separator: Separator) -> Self {
        Self { separator, place: Place::Start, lead: false, wide_lead: false, malformed: false }
    }

    /// Begins a row.
    pub(super) fn begin(&mut self) {
        *self = Self::new(self.separator);
    }

    /// Whether the row cannot end here: inside quotes or inside a character.
    pub(super) fn is_inside(&self) -> bool {
        self.is_quoted() || self.lead
    }

    /// Whether a field is still open.
    pub(super) fn is_quoted(&self) -> bool {
        self.place == Place::Quoted
    }

    /// Whether the row's quoting was broken so far.
    pub(super) fn is_malformed(&self) -> bool {
        self.malformed
    }

    /// The next byte.
    pub(super) fn push(&mut self, byte: u8) -> Is {
        if std::mem::take(&mut self.lead) {
            if let Some(char) = self.second(byte) {
                return self.step(char);
            }
            // A first byte without its second is content; decoding finds it.
            self.step(Char::Other);
        }
        if matches!(byte, 0x81..=0xFE) {
            self.lead = true;
            self.wide_lead = self.separator == Separator::Wide && byte == Separator::WIDE.0;
            return Is::Half;
        }
        self.step(match byte {
            b'"' => Char::Quote,
            b',' if self.separator == Separator::Narrow => Char::Separator,
            b' ' | b'\t' => Char::Blank,
            b'\r' | b'\n' => Char::LineEnd,
            _ => Char::Other,
        })
    }

    /// The character that a second byte completes; none when it is no second byte.
    fn second(&self, byte: u8) -> Option<Char> {
        let separates = self.wide_lead && byte == Separator::WIDE.1;
        let char = if separates { Char::Separator } else { Char::Other };
        matches!(byte, 0x40..=0x7E | 0x80..=0xFE).then_some(char)
    }

    fn step(&mut self, char: Char) -> Is {
        let (place, is) = match (self.place, char) {
            (Place::Quoted, Char::Quote) => (Place::Quote, Is::Mark),
            (Place::Quoted, _) | (Place::Quote, Char::Quote) => (Place::Quoted, Is::Content),
            (_, Char::Separator) => (Place::Start, Is::FieldEnd),
            (_, Char::LineEnd) => (Place::Start, Is::RowEnd),
            (Place::Start, Char::Blank) => (Place::Start, Is::Content),
            (Place::Start, Char::Quote) => (Place::Quoted, Is::Opening),
            (Place::Start | Place::Plain, _) => (Place::Plain, Is::Content),
            (Place::Quote | Place::After, Char::Blank) => (Place::After, Is::Mark),
            (Place::Quote | Place::After, Char::Quote | Char::Other) => {
                self.malformed = true;
                (Place::Plain, Is::Content)
            }
        };
        self.place = place;
        is
    }
}
