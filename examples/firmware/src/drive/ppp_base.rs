//! `pptp_ppp::{codec, time, random}`.

use crate::{any, bytes, printed, text, used};
use core::time::Duration;
use pptp_ppp::codec::{ParseError, Reader, Writer};
use pptp_ppp::random::Random;
use pptp_ppp::time::{Instant, TimerKey, TimerTable};

pub(super) fn codec() {
    let mut reader = Reader::new(bytes());
    used(reader.take(any(3), "take"));
    used(reader.array::<7>("array"));
    used(reader.u8("u8"));
    used(reader.u16("u16"));
    used(reader.u32("u32"));
    if let Ok(mut sub) = reader.sub(any(9), "sub") {
        used(sub.rest());
        used(sub.finish("sub"));
    }
    used((reader.remaining(), reader.is_empty(), reader.offset()));
    used(reader.finish("end"));

    printed(ParseError::invalid(text(), any(7)));

    let mut buffer = [0; 64];
    let mut writer = Writer::new(any(&mut buffer[..]));
    writer.bytes(bytes());
    writer.u8(any(1));
    writer.u16(any(2));
    writer.u32(any(3));
    writer.zeros(any(4));
    writer.padded(bytes(), any(8));
    writer.patch_u8(any(1), any(2));
    writer.patch_u16(any(3), any(4));
    if let Some(place) = writer.reserve(any(6)) {
        used(place);
    }
    writer.truncate(any(5));
    used(writer.written());
    used(writer.finish());
}

#[derive(Clone, Copy)]
enum Timer {
    First,
    Second,
}

impl TimerKey for Timer {
    const ALL: &'static [Self] = &[Self::First, Self::Second];
    fn slot(self) -> usize {
        any(match self {
            Self::First => 0,
            Self::Second => 1,
        })
    }
}

pub(super) fn time() {
    let now = Instant::from_micros(any(1));
    used(now + Duration::from_nanos(any(1)));
    used(now - Instant::from_millis(any(1)));
    let mut timers = TimerTable::<Timer, 2>::new();
    timers.set(any(Timer::First), now);
    timers.stop(any(Timer::Second));
    used(timers.get(any(Timer::First)));
    used(timers.take_expired(any(Timer::First), now));
    used(timers.next());
    timers.stop_all();
    used(&timers);
}

pub(super) fn random() {
    let mut random = Random::new(any([0; 32]));
    used(random.u32());
    used(random.array::<16>());
    let mut buffer = [0; 64];
    if let Some(some) = buffer.get_mut(..any(30)) {
        random.fill(some);
    }
    used(buffer);
    let mut scripted = Random::scripted(bytes(), any([0; 32]));
    used(scripted.array::<16>());
    used(&scripted);
}
