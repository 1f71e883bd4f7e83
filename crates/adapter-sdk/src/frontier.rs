//! The gapless prefix of finished rows.

use std::collections::VecDeque;

/// Rows in flight, in order; a row leaves only when all its messages are acknowledged and every row before it has left.
#[derive(Debug)]
pub(crate) struct Frontier<T> {
    first: u64,
    rows: VecDeque<Slot<T>>,
}

#[derive(Debug)]
struct Slot<T> {
    open: usize,
    row: T,
}

impl<T> Frontier<T> {
    pub(crate) fn new() -> Self {
        Self { first: 0, rows: VecDeque::new() }
    }

    /// Lets a row in that waits for `messages` acknowledgements; gives its sequence number.
    pub(crate) fn push(&mut self, messages: usize, row: T) -> u64 {
        self.rows.push_back(Slot { open: messages, row });
        self.first + self.rows.len() as u64 - 1
    }

    /// The sequence number that the next row gets.
    pub(crate) fn next_sequence(&self) -> u64 {
        self.first + self.rows.len() as u64
    }

    /// Notes that one message of a row is acknowledged. What has left already is past caring.
    pub(crate) fn acknowledge(&mut self, sequence: u64) -> Option<&mut T> {
        let place = usize::try_from(sequence.checked_sub(self.first)?).ok()?;
        let slot = self.rows.get_mut(place)?;
        slot.open = slot.open.saturating_sub(1);
        Some(&mut slot.row)
    }

    /// The next row of the finished prefix with its sequence number.
    pub(crate) fn pop(&mut self) -> Option<(u64, T)> {
        if self.rows.front()?.open > 0 {
            return None;
        }
        let slot = self.rows.pop_front()?;
        self.first += 1;
        Some((self.first - 1, slot.row))
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drain(frontier: &mut Frontier<u64>) -> Vec<u64> {
        std::iter::from_fn(|| frontier.pop()).map(|(_, row)| row).collect()
    }

    #[test]
    fn a_row_without_messages_waits_for_the_rows_before_it() {
        let mut frontier = Frontier::new();
        let first = frontier.push(1, 0);
        frontier.push(0, 1);
        assert_eq!(frontier.pop(), None);
        frontier.acknowledge(first);
        assert_eq!(drain(&mut frontier), [0, 1]);
    }

    #[test]
    fn acknowledging_what_has_left_changes_nothing() {
        let mut frontier = Frontier::new();
        let first = frontier.push(1, 0);
        frontier.acknowledge(first);
        assert_eq!(drain(&mut frontier), [0]);
        frontier.push(1, 1);
        frontier.acknowledge(first);
        assert_eq!(frontier.pop(), None);
    }

    proptest! {
        /// Whatever the order of acknowledgements, what has left is always exactly the longest finished prefix.
        #[test]
        fn only_the_finished_prefix_leaves(
            (messages, order) in prop::collection::vec(0_usize..4, 1..60).prop_flat_map(|messages| {
                let acks: Vec<u64> = messages.iter().enumerate()
                    .flat_map(|(row, count)| std::iter::repeat_n(row as u64, *count)).collect();
                (Just(messages), Just(acks).prop_shuffle())
            })
        ) {
            let mut frontier = Frontier::new();
            for (row, count) in messages.iter().enumerate() {
                prop_assert_eq!(frontier.push(*count, row as u64), row as u64);
            }
            let mut open = messages.clone();
            let mut left = drain(&mut frontier);
            for row in order {
                frontier.acknowledge(row);
                open[usize::try_from(row).unwrap()] -= 1;
                left.extend(drain(&mut frontier));
                let prefix = open.iter().take_while(|count| **count == 0).count() as u64;
                prop_assert_eq!(&left, &(0..prefix).collect::<Vec<_>>());
            }
            prop_assert!(frontier.is_empty());
        }

        /// One message that never comes back pins everything behind it.
        #[test]
        fn one_stuck_message_pins_the_rest(rows in 1_u64..60, stuck in 0_u64..60) {
            let stuck = stuck % rows;
            let mut frontier = Frontier::new();
            for row in 0..rows {
                frontier.push(1, row);
            }
            for row in (0..rows).rev().filter(|row| *row != stuck) {
                frontier.acknowledge(row);
            }
            prop_assert_eq!(drain(&mut frontier), (0..stuck).collect::<Vec<_>>());
            prop_assert_eq!(frontier.len() as u64, rows - stuck);
        }
    }
}
