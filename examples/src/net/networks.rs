//! IPv4 networks, as people write them.

use ipnet::Ipv4Net;
use std::net::Ipv4Addr;

/// Reads a network such as 192.168.7.0/24, or an address, which is a network of its own.
///
/// # Errors
/// In words, if it is none; 192.168.7.1/24 is none either.
pub fn parse(text: &str) -> Result<Ipv4Net, String> {
    let (address, prefix) = text.split_once('/').unwrap_or((text, "32"));
    let address: Ipv4Addr = address
        .parse()
        .map_err(|_| format!("\"{address}\" is not an IPv4 address"))?;
    let network = prefix
        .parse()
        .ok()
        .and_then(|prefix| Ipv4Net::new(address, prefix).ok())
        .ok_or("the length of the prefix is a number from 0 to 32")?;
    if network.trunc() != network {
        return Err(format!(
            "{text} is not the start of a network; {} is",
            network.trunc()
        ));
    }
    Ok(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        let network = parse("192.168.7.0/24").unwrap();
        assert!(network.contains(&Ipv4Addr::new(192, 168, 7, 255)));
        assert!(!network.contains(&Ipv4Addr::new(192, 168, 8, 0)));
        let host = parse("192.168.7.1").unwrap();
        assert!(host.contains(&Ipv4Addr::new(192, 168, 7, 1)));
        assert!(!host.contains(&Ipv4Addr::new(192, 168, 7, 0)));
        assert!(
            parse("0.0.0.0/0")
                .unwrap()
                .contains(&Ipv4Addr::new(255, 255, 255, 255))
        );
        for wrong in [
            "192.168.7.1/24",
            "192.168.7.0/33",
            "192.168.7/24",
            "",
            "/8",
            "::/0",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
