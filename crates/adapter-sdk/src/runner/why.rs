//! The text that is laid beside a refused file, for whoever clears it up.

use super::desk::Setup;
use domain::Language;
use formats::framing::Refusal;

/// Which file, which rule, what is wrong and what to do; no content of the file.
pub(crate) fn text(setup: &Setup, name: &str, refusal: &Refusal) -> String {
    let sentence = refusal.rule.sentence(setup.config.language);
    let at = setup.clock.now().with_timezone(&setup.config.offset).format("%Y-%m-%d %H:%M:%S %:z");
    let labels = match setup.config.language {
        Language::Chinese => ["文件", "规则", "说明", "位置", "时间"],
        Language::English => ["file", "rule", "reason", "where", "time"],
    };
    let values = [name, refusal.rule.id, sentence, &refusal.detail, &at.to_string()];
    let lines = labels.iter().zip(values).filter(|(_, value)| !value.is_empty());
    let lines: Vec<String> = lines.map(|(label, value)| format!("{label}: {value}")).collect();
    lines.join("\n") + "\n"
}
