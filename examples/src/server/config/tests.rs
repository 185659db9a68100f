use super::*;
use pptp_core::ppp::Methods;

const LEAST: &str = r#"
    [network]
    address = "10.98.0.1"
    pool = ["10.98.0.10-10.98.0.20"]
    [[user]]
    name = "alice"
    password = "wonderland"
"#;

const ALL: &str = r#"
    listen = "192.0.2.1:1723"
    control-socket = "/run/pptp-server.sock"
    [network]
    address = "10.98.0.1"
    pool = ["10.98.0.10-10.98.0.20", "10.98.1.0/24"]
    dns = ["10.98.0.1", "10.98.0.2"]
    nbns = ["10.98.0.3"]
    devices = "each"
    mtu = 1400
    [policy]
    authentication = "mschap-v2"
    mppe = "allow"
    strengths = [40, 56, 128]
    modes = ["stateless", "stateful"]
    mppc = true
    [limits]
    sessions = 10
    half-open = 9
    sessions-per-source = 8
    half-open-per-source = 7
    sessions-per-user = 1
    tries = 3
    setup-timeout = 30
    [guard]
    first-delay = 2
    factor = 3
    max-delay = 30
    source-lock-after = 5
    user-lock-after = 6
    lock-time = 60
    forget-after = 50
    answer-after = 500
    [passwords]
    file = "/var/lib/pptp-server/passwords"
    shortest = 12
    [radius]
    servers = ["radius.example", "192.0.2.9:1645"]
    secret-file = "/etc/pptp-server.secret"
    timeout = 2
    tries = 4
    nas-identifier = "gate"
    require-message-authenticator = false
    [timing]
    echo-interval = 10
    echo-failures = 3
    reorder = 0
    [[user]]
    name = "alice"
    password = "wonderland"
    address = "10.98.0.50"
    must-change = true
    networks = ["10.20.0.0/16", "10.30.0.0/16"]
    policy = { mppe = "require", strengths = [128] }
    mppc = false
    [[user]]
    name = "bob"
    nt-hash = "44EBBA8D5312B8D611474411F56989AE"
"#;

/// What is said of `text`, which must not do.
fn error(text: &str) -> String {
    text.parse::<Config>().unwrap_err().to_string()
}

#[test]
fn the_default_is_the_safe_one() {
    let config: Config = LEAST.parse().unwrap();
    assert_eq!(config.authentication(), Authentication::MS_CHAP_V2);
    assert_eq!(config.policy.mppe(), MppePolicy::default());
    assert_eq!(config.listen, "0.0.0.0:1723".parse().unwrap());
    assert_eq!(config.control_socket, None);
    assert_eq!((config.policy.mppc, config.users[0].mppc), (None, None));
    assert_eq!(config.network.devices, Devices::One);
}

#[test]
fn all_there_is_to_say() {
    let config: Config = ALL.parse().unwrap();
    let policy = config.policy.mppe();
    assert_eq!(policy.requirement, Requirement::Allow);
    assert_eq!(policy.strengths, Strengths::all());
    assert_eq!(policy.modes, Modes::all());
    assert_eq!(config.limits.patience(), Duration::from_secs(30));
    assert_eq!(config.guard.config().lock_time, Duration::from_secs(60));
    let alice = config.users[0].policy.as_ref().unwrap().mppe();
    assert_eq!(alice, MppePolicy::default());
    assert_eq!(config.users[0].networks.len(), 2);
    assert_eq!(config.radius.servers.len(), 2);
    assert_eq!(config.radius.schedule().first, Duration::from_secs(2));
    assert_eq!(config.radius.schedule().tries, 4);
    assert_eq!(config.policy.mppc, Some(true));
    assert_eq!(
        [config.users[0].mppc, config.users[1].mppc],
        [Some(false), None]
    );
}

#[test]
fn certificates() {
    let with = |methods: &str, tls: &str| {
        let policy = format!("[policy]\nauthentication = {methods}\n");
        format!("{LEAST}{policy}{tls}").parse::<Config>()
    };
    let pair = "[tls]\ncertificate = \"c\"\nkey = \"k\"\n";
    let all = format!("{pair}client-ca = \"a\"\n");
    for methods in ["\"eap-tls\"", "[\"eap-tls\", \"peap\"]"] {
        let config = with(methods, &all).unwrap();
        assert_eq!(config.authentication().methods(), Some(Methods::EAP));
        let error = with(methods, pair).unwrap_err().to_string();
        assert!(error.contains("client-ca"), "{error}");
    }
    assert!(with("\"peap\"", pair).is_ok());
    let error = with("\"peap\"", "").unwrap_err().to_string();
    assert!(error.contains("take a certificate"), "{error}");
    let radius = format!("{pair}[radius]\nservers = [\"192.0.2.1\"]\nsecret-file = \"f\"\n");
    let error = with("\"peap\"", &radius).unwrap_err().to_string();
    assert!(error.contains("not asked"), "{error}");
}

/// RFC 2759 §9.2: the hash of "clientPass".
#[test]
fn a_password_and_its_hash_are_the_same() {
    let config: Config = ALL.parse().unwrap();
    let of_password = User {
        password: Secret(Some(Zeroizing::new("clientPass".to_owned()))),
        nt_hash: Secret(None),
        ..config.users[1].clone()
    };
    let [hash, other] = [&config.users[1], &of_password].map(|user| user.hash().unwrap());
    assert_eq!(hash.as_bytes(), other.as_bytes());
}

#[test]
fn secrets_are_not_shown() {
    let config: Config = ALL.parse().unwrap();
    let shown = format!("{config:?}");
    assert!(!shown.contains("wonderland") && !shown.to_lowercase().contains("44ebba"));
    // Nor in what is said of a mistake beside them.
    let wrong = ALL.replace("password = \"wonderland\"", "password = \"wonderland\" x");
    let text = error(&wrong);
    assert!(!text.contains("wonderland"), "{text}");
    assert!(text.starts_with("line 50: "), "{text}");
    let digits = ALL.replace("\"wonderland\"", "19283746");
    let text = error(&digits);
    assert_eq!(
        text,
        "line 50: a password, or its hash, is a text in quotes"
    );
}

#[test]
fn mistakes_are_told() {
    let with = |from: &str, to: &str| {
        assert!(ALL.contains(from), "{from}");
        error(&ALL.replace(from, to))
    };
    for (from, to, told) in [
        ("[128]", "[64]", "40, 56 and 128"),
        ("[128]", "[]", "user alice: policy: strengths are none"),
        ("\"stateful\"]", "\"both\"]", "unknown variant"),
        ("[40, 56, 128]", "[]", "policy: strengths are none at all"),
        ("mtu = 1400", "mtu = 68", "mtu is 68"),
        ("mtu = 1400", "device = \"p\"", "one device"),
        (
            "answer-after = 500",
            "answer-after = 5000",
            "guard: answer-after is 5000",
        ),
        ("factor = 3", "factors = 3", "unknown field `factors`"),
        ("reorder = 0", "patience = 0", "unknown field `patience`"),
        ("name = \"bob\"", "name = \"alice\"", "another of this name"),
        (
            "name = \"bob\"",
            "name = \"bob\"\npassword = \"b\"",
            "user bob: there has to be either",
        ),
        ("44EBBA", "44EBBX", "user bob: nt-hash is not"),
        ("44EBBA", "+4EBBA", "user bob: nt-hash is not"),
        ("10.98.0.50", "10.98.0.1", "somebody else's address"),
        ("10.30.0.0/16", "10.20.7.0/24", "overlaps"),
        ("10.30.0.0/16", "10.30.0.1/16", "not the start of a network"),
        (
            "nbns = [\"10.98.0.3\"]",
            "nbns = [\"10.98.0.3\", \"10.98.0.4\", \"10.98.0.5\"]",
            "two nbns",
        ),
        (
            "pool = [\"10.98.0.10-10.98.0.20\", \"10.98.1.0/24\"]",
            "",
            "user bob: there is no pool",
        ),
        (
            "authentication = \"mschap-v2\"\n    mppe = \"allow\"",
            "authentication = \"none\"",
            "there are no keys",
        ),
        (
            "timeout = 2",
            "timeout = 5",
            "radius: timeout is 5, not 1 to 4",
        ),
        ("tries = 4", "tries = 0", "radius: tries is 0, not 1 to 10"),
        ("\"gate\"", "\"\"", "radius: nas-identifier has 0 octets"),
        (
            "secret-file = \"/etc/pptp-server.secret\"",
            "",
            "radius: there has to be a secret-file",
        ),
        (
            "192.0.2.9:1645",
            "192.0.2.9:radius",
            "neither HOST nor HOST:PORT",
        ),
        (
            "authentication = \"mschap-v2\"\n    mppe = \"allow\"",
            "authentication = \"none\"\n    mppe = \"allow\"",
            "radius: without authentication there is nothing to ask",
        ),
        ("tries = 3", "tries = 0", "tries is 0, not 1 to 5"),
        ("tries = 3", "tries = 6", "tries is 6, not 1 to 5"),
        (
            "file = \"/var/lib/pptp-server/passwords\"",
            "",
            "user alice: must-change takes a file",
        ),
        (
            "name = \"alice\"",
            "name = \"al\\nice\"",
            "such a name cannot be written down",
        ),
        (
            "strengths = [128] }",
            "authentication = \"none\" }",
            "user alice: authentication comes before",
        ),
        (
            "strengths = [128] }",
            "mppc = true }",
            "user alice: mppc goes beside policy",
        ),
        ("mppc = false", "mppc = \"no\"", "expected a boolean"),
    ] {
        let text = with(from, to);
        assert!(text.contains(told), "{to}: {text}");
    }
}

#[test]
fn methods_of_authentication_are_named() {
    let parsed = |line: &str| {
        let text = format!("{LEAST}[policy]\n{line}\n");
        let config: Result<Config, _> = text.parse();
        config.map(|config| config.authentication().methods)
    };
    let all = r#"authentication = ["mschap-v2", "eap-mschap-v2", "eap-md5", "mschap-v1", "lan-manager",
        "change-password-1", "chap-md5", "pap"]"#;
    let every = Methods::MS_CHAP_V2
        | Methods::EAP_MS_CHAP_V2
        | Methods::EAP_MD5
        | Methods::MS_CHAP_V1
        | Methods::LAN_MANAGER
        | Methods::CHANGE_PASSWORD_1
        | Methods::CHAP_MD5
        | Methods::PAP;
    assert_eq!(parsed(""), Ok(Methods::MS_CHAP_V2));
    assert_eq!(parsed(all), Ok(every));
    let pap = "authentication = \"pap\"\nmppe = \"refuse\"";
    assert_eq!(parsed(pap), Ok(Methods::PAP));
    for wrong in [
        "authentication = \"pap\"",
        "authentication = [\"chap-md5\", \"pap\"]",
        "authentication = \"eap-md5\"",
        "authentication = [\"change-password-1\", \"mschap-v2\"]",
        "authentication = []",
        "authentication = [\"lan-manager\"]",
        "authentication = [\"mschap-v2\", \"none\"]",
        "authentication = \"eap-ttls\"",
    ] {
        assert!(parsed(wrong).is_err(), "{wrong}");
    }
}

/// What the file says holds if it is left out, does.
#[test]
fn the_example_is_what_holds_without_it() {
    let example: Config = include_str!("../../../pptp-server.toml").parse().unwrap();
    let least: Config = LEAST.parse().unwrap();
    assert_eq!(example.policy.mppe(), least.policy.mppe());
    assert_eq!(example.policy.mppc, Some(false));
    assert_eq!(example.authentication(), least.authentication());
    assert_eq!(example.limits, least.limits);
    assert_eq!(example.timing, least.timing);
    assert_eq!(example.guard, least.guard);
    let radius = crate::server::radius::Settings {
        secret_file: None,
        ..example.radius.clone()
    };
    assert_eq!(radius, least.radius);
    assert_eq!(example.passwords.shortest, least.passwords.shortest);
    assert_eq!(example.listen, least.listen);
    assert_eq!(example.network.devices, least.network.devices);
    assert_eq!(example.network.mtu, least.network.mtu);
    let keys = |text: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|line| line.split_once(" = "));
        let mut keys: Vec<_> = lines.map(|(key, _)| key.trim().to_owned()).collect();
        keys.sort();
        keys.dedup();
        keys
    };
    let shown = keys(include_str!("../../../pptp-server.toml"));
    let known = keys(ALL);
    assert!(known.iter().all(|key| shown.contains(key)), "{known:?}");
}
