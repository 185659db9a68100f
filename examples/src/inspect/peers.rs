//! Who the peers are, by what they say of themselves and by the habits of each implementation.

use super::control::End;

/// What an end said of itself on the control connection and in LCP.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clues {
    /// From its Start-Control-Connection-Request or -Reply.
    pub start: Option<Start>,
    /// From its Outgoing-Call-Request: lowest and highest speed in bits a second, and the window.
    pub request: Option<(u32, u32, u16)>,
    /// From its Outgoing-Call-Reply: its call id, the speed in bits a second, and the window.
    pub reply: Option<(u16, u32, u16)>,
    /// The texts of its LCP Identifications.
    pub identifications: Vec<String>,
}

/// What an end says in the first message that it sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Framing Capabilities.
    pub framing: u32,
    /// Bearer Capabilities.
    pub bearer: u32,
    /// Maximum Channels.
    pub channels: u16,
    /// Firmware Revision.
    pub firmware: u16,
    /// Host Name, up to its first NUL, printable.
    pub host: String,
    /// Vendor String, likewise.
    pub vendor: String,
}

/// Who an end is taken for, and by what; `None` if the capture has nothing to tell it by.
#[must_use]
pub fn identify(end: End, clues: &Clues) -> Option<String> {
    let name = match (&clues.start, end) {
        (Some(start), End::Client) => client(start, clues),
        (Some(start), End::Server) => server(start, clues),
        (None, End::Client) => match clues.request {
            Some((2400, 10_000_000, 3)) => Some("pptp-linux".to_owned()),
            Some((300, 100_000_000, 64)) => Some("Microsoft Windows, or a peer like it".to_owned()),
            _ => None,
        },
        (None, End::Server) => None,
    };
    name.or_else(|| {
        // A Windows tells its version in an LCP Identification, whichever end it is.
        let version = |text: &String| text.strip_prefix("MSRASV").map(str::to_owned);
        let version = clues.identifications.iter().find_map(version)?;
        Some(format!(
            "Microsoft Windows (remote access version {version})"
        ))
    })
    .or_else(|| {
        let start = clues.start.as_ref()?;
        Some(format!(
            "not known (host {:?}, vendor {:?}, framing {}, bearer {}, channels {}, firmware {})",
            start.host, start.vendor, start.framing, start.bearer, start.channels, start.firmware
        ))
    })
}

fn client(start: &Start, clues: &Clues) -> Option<String> {
    let numbers = (start.framing, start.bearer, start.channels, start.firmware);
    let names = (start.host.as_str(), start.vendor.as_str());
    Some(match (names, numbers) {
        (("local", "cananian"), (_, _, 0xffff, _)) => "pptp-linux".into(),
        (("anonymous", _), (3, 3, 1, _)) => "Android".into(),
        (("RELAY_PPP1", _) | (_, "MS Win NT"), _) => "a client for Orckit ADSL modems".into(),
        ((_, vendor), (1, 1, 0, firmware)) if vendor.starts_with("Microsoft") => {
            windows(firmware, clues)
        }
        ((_, "MikroTik") | ("MikroTik", _), _) => "MikroTik RouterOS".into(),
        // Windows 2000 leaves what is in memory where its names should be.
        (_, (1, 1, 0, 2195)) => windows(2195, clues),
        (("", ""), (1, 1, 0, 0)) => "macOS".into(),
        _ => return None,
    })
}

fn windows(firmware: u16, clues: &Clues) -> String {
    let by_firmware = match firmware {
        0 => "Vista or later",
        2160 => "2000 (beta)",
        2195 => "2000",
        2600 => "XP",
        3790 => "Server 2003 or XP x64",
        _ => "",
    };
    let mut name = "Microsoft Windows".to_owned();
    if by_firmware.is_empty() {
        name = format!("{name} (build {firmware})");
    } else {
        name = format!("{name} {by_firmware}");
    }
    if let Some(text) = clues
        .identifications
        .iter()
        .find(|text| text.starts_with("MSRASV"))
    {
        name = format!("{name} ({text})");
    }
    name
}

fn server(start: &Start, clues: &Clues) -> Option<String> {
    let numbers = (start.framing, start.bearer, start.channels, start.firmware);
    let names = (start.host.as_str(), start.vendor.as_str());
    Some(match (names, numbers) {
        (("local", "linux" | "MoretonBay"), (0, 0, 1, 1)) => "Poptop pptpd".into(),
        ((_, "MikroTik") | ("MikroTik", _), _) => "MikroTik RouterOS".into(),
        ((_, vendor), (2, 3, 0, firmware)) if vendor.starts_with("Microsoft") => match firmware {
            0 => "Microsoft Routing and Remote Access (RRAS)".into(),
            _ => format!("Microsoft Routing and Remote Access (RRAS), build {firmware}"),
        },
        ((_, vendor), _) if vendor.starts_with("Microsoft") => windows(start.firmware, clues),
        ((_, "cananian"), (3, 3, _, _)) => "accel-ppp".into(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clues(numbers: [u32; 4], host: &str, vendor: &str) -> Clues {
        let [framing, bearer, channels, firmware] = numbers;
        Clues {
            start: Some(Start {
                framing,
                bearer,
                channels: channels.try_into().unwrap(),
                firmware: firmware.try_into().unwrap(),
                host: host.into(),
                vendor: vendor.into(),
            }),
            ..Clues::default()
        }
    }

    /// What each was seen to send, by captures of them and by their users' logs.
    #[test]
    fn peers_are_told_by_what_they_send() {
        use End::{Client, Server};
        for (end, numbers, host, vendor, expected) in [
            (Client, [3, 3, 65535, 1], "local", "cananian", "pptp-linux"),
            (
                Client,
                [1, 1, 0, 0],
                "",
                "Microsoft",
                "Microsoft Windows Vista or later",
            ),
            (
                Client,
                [1, 1, 0, 2600],
                "",
                "Microsoft Windows NT",
                "Microsoft Windows XP",
            ),
            (
                Client,
                [1, 1, 0, 2195],
                "",
                "\\x83\\x11",
                "Microsoft Windows 2000",
            ),
            (Client, [1, 1, 0, 0], "", "", "macOS"),
            (Client, [3, 3, 1, 0], "anonymous", "", "Android"),
            (Server, [0, 0, 1, 1], "local", "linux", "Poptop pptpd"),
            (Server, [0, 0, 1, 1], "local", "MoretonBay", "Poptop pptpd"),
            (
                Server,
                [2, 3, 0, 0],
                "rras",
                "Microsoft",
                "Microsoft Routing and Remote Access (RRAS)",
            ),
            (
                Server,
                [2, 0, 0, 1],
                "MikroTik",
                "MikroTik",
                "MikroTik RouterOS",
            ),
            (Server, [3, 3, 0, 0], "local", "cananian", "accel-ppp"),
        ] {
            let found = identify(end, &clues(numbers, host, vendor));
            assert_eq!(found.as_deref(), Some(expected), "{vendor} {numbers:?}");
        }
        let unknown = identify(Client, &clues([9, 9, 9, 9], "h", "v")).unwrap();
        assert!(unknown.starts_with("not known"), "{unknown}");
        assert_eq!(identify(Server, &Clues::default()), None);
    }
}
