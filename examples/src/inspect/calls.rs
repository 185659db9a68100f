//! The calls of a capture: which GRE packets belong to which, by call ids, and from which control connection.

use pptp_core::wire::GreHeader;
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use super::control::End;
use super::link::Datagram;
use super::order::Numbered;

/// A GRE packet is told by who sends it to whom, and by the call id that its receiver chose.
type Key = (IpAddr, IpAddr, u16);

/// How long after the first GRE packets of a call the message that tells of the call may be captured.
const GRE_BEFORE_REPLY: Duration = Duration::from_secs(2);
/// A sequence number that far back, of a call without control connection, is the first of another call with the same
/// id.
const RESTART: u32 = 1024;
/// Such a call has been silent for that long before.
const SILENCE: Duration = Duration::from_secs(5);

/// One call, as captured.
#[derive(Debug)]
pub struct Call {
    /// Client and server: who opened the control connection and who took it. Without one, who sent the first packet
    /// and the other.
    pub ends: [IpAddr; 2],
    /// The ids that client and server chose for the call.
    pub ids: [Option<u16>; 2],
    /// The number of its control connection, if the capture has that.
    pub connection: Option<usize>,
    /// What client and server sent.
    pub halves: [Half; 2],
    first: Duration,
}

/// What one end of a call sent.
#[derive(Debug, Default)]
pub struct Half {
    /// Its packets with a payload, as captured.
    pub packets: Vec<Numbered>,
    /// How many packets were acknowledgments alone.
    pub acknowledgments: u64,
    /// How many came in IP fragments.
    pub fragmented: u64,
    /// How many had a payload but no sequence number, which RFC 2637 does not allow: they are left out.
    pub unnumbered: u64,
    last: Duration,
}

/// All calls of a capture.
#[derive(Debug, Default)]
pub struct Calls {
    all: Vec<Call>,
    current: HashMap<Key, (usize, End)>,
    /// How many GRE packets were not PPTP's.
    pub other_gre: u64,
}

impl Calls {
    /// The calls, in the order in which they came up.
    #[must_use]
    pub fn into_all(self) -> Vec<Call> {
        self.all
    }

    /// A control connection established a call; `ids` are those that client and server chose.
    pub fn established(
        &mut self,
        at: Duration,
        connection: usize,
        ends: [IpAddr; 2],
        ids: [u16; 2],
    ) -> usize {
        let keys = [(ends[0], ends[1], ids[1]), (ends[1], ends[0], ids[0])];
        let mut call = Call {
            ends,
            ids: ids.map(Some),
            connection: Some(connection),
            halves: Default::default(),
            first: at,
        };
        let number = self.all.len();
        for (key, end) in keys.into_iter().zip([End::Client, End::Server]) {
            if let Some((early, early_end)) = self.current.insert(key, (number, end)) {
                let early = &mut self.all[early];
                // Its first packets were captured before the reply that tells of it.
                if early.connection.is_none() && early.first.saturating_add(GRE_BEFORE_REPLY) > at {
                    call.halves[end.index()] = std::mem::take(&mut early.halves[early_end.index()]);
                }
            }
        }
        self.all.push(call);
        number
    }

    /// The call that a packet belongs to, by who sends it to whom and the call id in it; and which end that is.
    #[must_use]
    pub fn find(&self, source: IpAddr, destination: IpAddr, id: u16) -> Option<(usize, End)> {
        self.current.get(&(source, destination, id)).copied()
    }

    /// Takes a GRE packet.
    pub fn packet(&mut self, datagram: &Datagram) {
        let Ok((header, payload)) = GreHeader::parse(&datagram.payload) else {
            self.other_gre += 1;
            return;
        };
        let key = (datagram.source, datagram.destination, header.call_id);
        let known = self.current.get(&key).copied().filter(|&(number, end)| {
            let call = &self.all[number];
            let half = &call.halves[end.index()];
            let restarted = call.connection.is_none()
                && datagram.at > half.last.saturating_add(SILENCE)
                && matches!(
                    (half.packets.last(), header.sequence),
                    (Some(last), Some(sequence)) if sequence.wrapping_add(RESTART) < last.sequence
                        || sequence <= 1 && last.sequence > 1
                );
            !restarted
        });
        let (number, end) = known.unwrap_or_else(|| self.unannounced(datagram.at, key));
        let half = &mut self.all[number].halves[end.index()];
        half.last = datagram.at;
        if datagram.fragmented {
            half.fragmented += 1;
        }
        match header.sequence {
            Some(sequence) if !payload.is_empty() => half.packets.push(Numbered {
                at: datagram.at,
                due: datagram.at,
                sequence,
                frame: payload.to_vec(),
            }),
            None if !payload.is_empty() => half.unnumbered += 1,
            _ => half.acknowledgments += 1,
        }
    }

    /// A packet of a call that no message told of: the file starts in its middle, or has only GRE. The other direction
    /// has another id, and is known by being between the same ends.
    fn unannounced(&mut self, at: Duration, key: Key) -> (usize, End) {
        let (source, destination, id) = key;
        let half_known = self.all.iter().rposition(|call| {
            call.connection.is_none()
                && call.ends == [destination, source]
                && call.ids[End::Client.index()].is_none()
        });
        let place = match half_known {
            Some(number) => {
                self.all[number].ids[End::Client.index()] = Some(id);
                (number, End::Server)
            }
            None => {
                self.all.push(Call {
                    ends: [source, destination],
                    ids: [None, Some(id)],
                    connection: None,
                    halves: Default::default(),
                    first: at,
                });
                (self.all.len() - 1, End::Client)
            }
        };
        self.current.insert(key, place);
        place
    }
}

impl Call {
    /// Whether anything of it was captured: a call that a message told of before may have taken all packets over.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.connection.is_none()
            && self
                .halves
                .iter()
                .all(|half| half.packets.is_empty() && half.acknowledgments == 0)
    }

    /// Calls the ends by what is known of the host: a control connection between them that another message showed.
    pub fn swap_ends(&mut self) {
        self.ends.swap(0, 1);
        self.ids.swap(0, 1);
        self.halves.swap(0, 1);
    }
}
