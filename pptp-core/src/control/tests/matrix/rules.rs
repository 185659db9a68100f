//! What is done about each message in each state, and why. It is written from RFC 2637 and from what real peers do, and
//! `docs/control-states.md` is made from it; the tests of the matrix show that the code does it.
//!
//! A rule names variants of a message; roles; states, of which `others` are those that no other rule for that variant and
//! role names; what is sent, with result and error codes; what is told; and the state after that: `=` is the same, and `+`
//! one more call.

/// Variants, roles, states, what is sent, what is told, the state after that, why.
pub(super) type Rule = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

/// What is sent about a message that is ignored.
pub(super) const IGNORED: &str = "ignored";

/// The rules for one message of RFC 2637 §2.
pub(super) struct Section {
    pub(super) title: &'static str,
    /// What its variants are, for the page.
    pub(super) about: &'static str,
    pub(super) rules: &'static [Rule],
}

const NO_TCP: &str = "There is no TCP connection: octets are taken and not read.";
const NOT_STARTED: &str = "§2.16, error 1: no control connection is established.";
const DOWN: &str = "wait_request, wait_ctl_reply, wait_stop_reply";
const CLOSING: &str = "OP.closing, IP.closing";

#[rustfmt::skip]
pub(super) const SECTIONS: &[Section] = &[
    Section {
        title: "Start-Control-Connection-Request (§2.1)",
        about: "Of version 1.0 (`SCCRQ`), 0.1 and 2.0.",
        rules: &[
            ("SCCRQ, SCCRQ 0.1, SCCRQ 2.0", "any", "closed", IGNORED, "-", "=", NO_TCP),
            ("SCCRQ", "any", "wait_request", "SCCRP 1/0", "Connected", "established", "§3.1.2: version OK."),
            ("SCCRQ 2.0", "any", "wait_request", "SCCRP 1/0", "Connected", "established", "§3.1.2: a later version is answered with ours."),
            ("SCCRQ 0.1", "any", "wait_request", "SCCRP 5/0", "Closed VersionNotSupported", "closed", "§3.1.2: an earlier version that is not supported is answered, and TCP closed."),
            ("SCCRQ, SCCRQ 0.1, SCCRQ 2.0", "any", "wait_ctl_reply", IGNORED, "-", "=", "Both ends ask on one TCP connection. The collision of §3.1.3 is one of two connections, which the caller decides; here our own request stands."),
            ("SCCRQ, SCCRQ 0.1, SCCRQ 2.0", "any", "wait_stop_reply", IGNORED, "-", "=", "§3.1.1: after our Stop only its answer counts."),
            ("SCCRQ, SCCRQ 0.1, SCCRQ 2.0", "any", "others", "SCCRP 3/0", "-", "=", "§2.2, result 3: there is a control connection already. It and its calls go on."),
        ],
    },
    Section {
        title: "Start-Control-Connection-Reply (§2.2)",
        about: "Of version 1.0 with result 1, 0 and 4 (not authorized); successful of version 0.1 and 2.0.",
        rules: &[
            ("SCCRP 1, SCCRP 0, SCCRP 4, SCCRP 0.1, SCCRP 2.0", "any", "closed", IGNORED, "-", "=", NO_TCP),
            ("SCCRP 1", "any", "wait_ctl_reply", "-", "Connected", "established", "§3.1.1: version OK."),
            ("SCCRP 0", "any", "wait_ctl_reply", "-", "Connected", "established", "ADSL modems say 0 for success; every client takes it as that."),
            ("SCCRP 4", "any", "wait_ctl_reply", "-", "Closed Refused", "closed", "§2.2: the peer does not want it. Nothing is established that could be stopped."),
            ("SCCRP 0.1", "any", "wait_ctl_reply", "StopCCRQ 2", "-", "wait_stop_reply", "§3.1.1: an earlier version that is not supported is answered with a Stop."),
            ("SCCRP 2.0", "any", "wait_ctl_reply", "StopCCRQ 2", "-", "wait_stop_reply", "§3.1.2 has the receiver say a version that is not later than ours: one that is cannot be spoken."),
            ("SCCRP 1, SCCRP 0, SCCRP 4, SCCRP 0.1, SCCRP 2.0", "any", "others", IGNORED, "-", "=", "Nobody has asked, or it has been answered before: what is established stays as it is."),
        ],
    },
    Section {
        title: "Stop-Control-Connection-Request (§2.3)",
        about: "With reason 1.",
        rules: &[
            ("StopCCRQ", "any", "closed", IGNORED, "-", "=", NO_TCP),
            ("StopCCRQ", "any", "wait_request, wait_ctl_reply, established, wait_echo_reply", "StopCCRP 1/0", "Closed PeerStopped", "closed", "§3.1.1, §3.1.2: it is answered, and TCP closed; also before the start, for it says that there will be none."),
            ("StopCCRQ", "any", "wait_stop_reply", "StopCCRP 1/0", "Closed Local", "closed", "§2.3: both stop at once. It is answered as always; ours need not be any more."),
            ("StopCCRQ", "any", "OP.wait_reply, OA.wait_cs_ans, IA.wait_reply, IA.wait_line, IP.wait_answer, IP.wait_connect", "StopCCRP 1/0", "CallFailed ConnectionClosed, Closed PeerStopped", "closed", "§2.3: a Stop clears all calls implicitly."),
            ("StopCCRQ", "any", "OP.established, OA.established, IA.established, IP.established", "StopCCRP 1/0", "CallEnded ConnectionClosed, Closed PeerStopped", "closed", "§2.3: a Stop clears all calls implicitly."),
            ("StopCCRQ", "any", "OP.wait_disconnect, IP.wait_disconnect", "StopCCRP 1/0", "CallEnded Local, Closed PeerStopped", "closed", "§2.3; the call's end was ours, and the first cause counts."),
            ("StopCCRQ", "any", "OP.cleared, IP.cleared", "StopCCRP 1/0", "CallFailed Local, Closed PeerStopped", "closed", "§2.3; the call's end was ours, and the first cause counts."),
            ("StopCCRQ", "any", CLOSING, "StopCCRP 1/0", "CallEnded Local, Closed Local", "closed", "§2.3; both ends were ours, and the first cause counts."),
        ],
    },
    Section {
        title: "Stop-Control-Connection-Reply (§2.4)",
        about: "With result 1.",
        rules: &[
            ("StopCCRP", "any", "closed", IGNORED, "-", "=", NO_TCP),
            ("StopCCRP", "any", "wait_stop_reply", "-", "Closed Local", "closed", "§3.1.1, §3.1.2: TCP is closed."),
            ("StopCCRP", "any", "others", IGNORED, "-", "=", "Nobody has asked: an answer alone stops nothing."),
        ],
    },
    Section {
        title: "Echo-Request (§2.5)",
        about: "",
        rules: &[
            ("ECHORQ", "any", "closed", IGNORED, "-", "=", NO_TCP),
            ("ECHORQ", "any", "others", "ECHORP 1/0", "-", "=", "§2.5: it is answered with its identifier, in every state that has a TCP connection: it asks nothing but whether we are there."),
        ],
    },
    Section {
        title: "Echo-Reply (§2.6)",
        about: "With the identifier 1, which `wait_echo_reply` waits for, and with another.",
        rules: &[
            ("ECHORP 1, ECHORP 7", "any", "closed", IGNORED, "-", "=", NO_TCP),
            ("ECHORP 1", "any", "wait_echo_reply", "-", "-", "established", "§3.1.4: the peer is there."),
            ("ECHORP 1, ECHORP 7", "any", "others", IGNORED, "-", "=", "A late answer is normal: where others close the connection, it is counted."),
        ],
    },
    Section {
        title: "Outgoing-Call-Request (§2.7)",
        about: "For a call that is 200 or 300 to the peer; `full`: 300, and no room for another call.",
        rules: &[
            ("OCRQ 200, OCRQ 300, OCRQ full", "any", "closed", IGNORED, "-", "=", NO_TCP),
            ("OCRQ 200, OCRQ 300, OCRQ full", "any", DOWN, "OCRP 2/1", "-", "=", NOT_STARTED),
            ("OCRQ 200, OCRQ 300, OCRQ full", "PNS", "others", "OCRP 7/0", "-", "=", "§3.2.4: the PAC places calls, and we are none; the request MUST be answered."),
            ("OCRQ 200, OCRQ 300, OCRQ full", "both", CLOSING, "OCRP 7/0", "-", "=", "§3.2.4: it MUST be answered; the connection is about to end."),
            ("OCRQ 300", "PAC, both", "others", "-", "CallRequested", "+OA.wait_cs_ans", "§3.2.4.1: a call of its own beside those that there are (§3.2.1)."),
            ("OCRQ 200", "PAC, both", "established, wait_echo_reply, OP.wait_reply, OP.cleared, IA.wait_reply", "-", "CallRequested", "+OA.wait_cs_ans", "§3.2.4.1: no other call is known to have the peer's id 200."),
            ("OCRQ 200", "PAC, both", "others", "OCRP 2/5", "-", "=", "§3.2.2: the peer's id MUST be unique. A live call is never overwritten: error 5, bad call id."),
            ("OCRQ full", "PAC, both", "others", "OCRP 2/4", "-", "=", "§2.16, error 4: no resources."),
        ],
    },
    Section {
        title: "Outgoing-Call-Reply (§2.8)",
        about: "About the call that is 100 to us, and about one that there is not: connected (result 1), and busy (4).",
        rules: &[
            ("OCRP 100 yes, OCRP 100 no, OCRP 300 yes, OCRP 300 no", "any", "closed", IGNORED, "-", "=", NO_TCP),
            ("OCRP 100 yes", "any", "OP.wait_reply", "-", "CallConnected", "OP.established", "§3.2.4.2: no error."),
            ("OCRP 100 yes", "any", "OP.cleared", "-", "-", "=", "It crosses our Call-Clear-Request: the PAC's id is noted, and its Call-Disconnect-Notify waited for."),
            ("OCRP 100 no", "any", "OP.wait_reply", "-", "CallFailed Refused", "established", "§3.2.4.2: with error."),
            ("OCRP 100 no", "any", "OP.wait_disconnect", "-", "CallEnded Local", "established", "The PAC has no call to disconnect: there will be no notice."),
            ("OCRP 100 no", "any", "OP.cleared", "-", "CallFailed Local", "established", "It crosses our Call-Clear-Request: there will be no notice."),
            ("OCRP 100 no", "any", "OP.closing", "StopCCRQ 1", "CallEnded Local", "wait_stop_reply", "As before; the last call is over, and the connection stops (§3.1.1)."),
            ("OCRP 100 yes, OCRP 100 no, OCRP 300 yes, OCRP 300 no", "any", "others", IGNORED, "-", "=", "No call waits for it: an established one is neither answered twice nor otherwise."),
        ],
    },
    Section {
        title: "Incoming-Call-Request (§2.9)",
        about: "For a call that is 200 or 300 to the peer; `full`: 300, and no room for another call.",
        rules: &[
            ("ICRQ 200, ICRQ 300, ICRQ full", "any", "closed", IGNORED, "-", "=", NO_TCP),
            ("ICRQ 200, ICRQ 300, ICRQ full", "any", DOWN, "ICRP 2/1", "-", "=", NOT_STARTED),
            ("ICRQ 200, ICRQ 300, ICRQ full", "PAC", "others", "ICRP 3/0", "-", "=", "§3.2.3: the PNS takes incoming calls, and we are none."),
            ("ICRQ 200, ICRQ 300, ICRQ full", "PNS, both", CLOSING, "ICRP 3/0", "-", "=", "§3.2.3: not taken, for the connection is about to end."),
            ("ICRQ 300", "PNS, both", "others", "-", "IncomingCall", "+IP.wait_answer", "§3.2.3.2: a call of its own beside those that there are (§3.2.1)."),
            ("ICRQ 200", "PNS, both", "established, wait_echo_reply, OP.wait_reply, OP.cleared, IA.wait_reply", "-", "IncomingCall", "+IP.wait_answer", "§3.2.3.2: no other call is known to have the peer's id 200."),
            ("ICRQ 200", "PNS, both", "others", "ICRP 2/5", "-", "=", "§3.2.2: the peer's id MUST be unique. A live call is never overwritten: error 5, bad call id."),
            ("ICRQ full", "PNS, both", "others", "ICRP 2/4", "-", "=", "§2.16, error 4: no resources."),
        ],
    },
    Section {
        title: "Incoming-Call-Reply (§2.10)",
        about: "About the call that is 100 to us, and about one that there is not: accepted (result 1), and not (3).",
        rules: &[
            ("ICRP 100 yes, ICRP 100 no, ICRP 300 yes, ICRP 300 no", "any", "closed", IGNORED, "-", "=", NO_TCP),
            ("ICRP 100 yes", "any", "IA.wait_reply", "-", "CallAccepted", "IA.wait_line", "§3.2.3.1: accepting; the caller answers the line before Incoming-Call-Connected is sent."),
            ("ICRP 100 no", "any", "IA.wait_reply", "-", "CallFailed NotTaken", "established", "§3.2.3.1: not accepting."),
            ("ICRP 100 yes, ICRP 100 no, ICRP 300 yes, ICRP 300 no", "any", "others", IGNORED, "-", "=", "No call waits for it: one that is answered already is not answered otherwise."),
        ],
    },
    Section {
        title: "Incoming-Call-Connected (§2.11)",
        about: "About the call that is 100 to us, and about one that there is not.",
        rules: &[
            ("ICCN 100, ICCN 300", "any", "closed", IGNORED, "-", "=", NO_TCP),
            ("ICCN 100", "any", "IP.wait_connect", "-", "CallConnected", "IP.established", "§3.2.3.2: the call is established."),
            ("ICCN 100, ICCN 300", "any", "others", IGNORED, "-", "=", "No call waits for it; one that we have cleared its Call-Disconnect-Notify ends."),
        ],
    },
    Section {
        title: "Call-Clear-Request (§2.12)",
        about: "With 200, the PNS's id; with 100, ours; and with 300, which no call has.",
        rules: &[
            ("CCRQ 200, CCRQ 100, CCRQ 300", "any", "closed", IGNORED, "-", "=", NO_TCP),
            ("CCRQ 200, CCRQ 100, CCRQ 300", "PNS", "others", IGNORED, "-", "=", "§2.12: a PNS clears calls like this, and we are it."),
            ("CCRQ 200, CCRQ 100, CCRQ 300", "PAC, both", DOWN, "CDN 2/1", "-", "=", NOT_STARTED),
            ("CCRQ 200", "PAC, both", "OA.wait_cs_ans, IA.wait_line", "CDN 4/0", "CallFailed Cleared", "established", "§3.2.4.1, §3.2.3.1: it is over, and the notice says so."),
            ("CCRQ 100", "PAC, both", "IA.wait_reply, IA.wait_line", "CDN 4/0", "CallFailed Cleared", "established", "§2.12 has the PNS's id; one that does not know it yet, or that NAT has changed, names the call by ours."),
            ("CCRQ 200", "PAC, both", "OA.established, IA.established", "CDN 4/0", "CallEnded Cleared", "established", "§3.2.4.1, §3.2.3.1: Call-Disconnect-Notify, with result 4 (request)."),
            ("CCRQ 100", "PAC, both", "OA.established, IA.established", "CDN 4/0", "CallEnded Cleared", "established", "§2.12 has the PNS's id; ours is taken as well, for NAT changes it."),
            ("CCRQ 200, CCRQ 100, CCRQ 300", "PAC, both", "others", "CDN 2/5", "-", "=", "There is no such call whose PAC we are: error 5, bad call id, and nothing ends."),
        ],
    },
    Section {
        title: "Call-Disconnect-Notify (§2.13)",
        about: "With 200, the PAC's id; with 100, ours; and with 300, which no call has; with 100 and general error 5: bad call id.",
        rules: &[
            ("CDN 200, CDN 100, CDN 300, CDN 100 2/5", "any", "closed", IGNORED, "-", "=", NO_TCP),
            ("CDN 100", "any", "OP.wait_reply", "-", "CallFailed Disconnected", "established", "A notice instead of a reply: the PAC ends the call before it has told its id."),
            ("CDN 200, CDN 100", "any", "OP.established, IP.established", "-", "CallEnded Disconnected", "established", "§3.2.4.2, §3.2.3.2; §2.13 has the PAC's id, and accel-ppp and NAT helpers put the PNS's there."),
            ("CDN 200, CDN 100, CDN 100 2/5", "any", "OP.wait_disconnect, IP.wait_disconnect", "-", "CallEnded Local", "established", "§3.2.4.2, §3.2.3.2: what was waited for. The end was ours."),
            ("CDN 200, CDN 100, CDN 100 2/5", "any", CLOSING, "StopCCRQ 1", "CallEnded Local", "wait_stop_reply", "As before; the last call is over, and the connection stops (§3.1.1)."),
            ("CDN 200, CDN 100, CDN 300, CDN 100 2/5", "any", "OP.cleared", "-", "CallFailed Local", "established", "What was waited for; the PAC's id is not known, so any will do."),
            ("CDN 200", "any", "IP.wait_answer", "-", "CallFailed Disconnected", "established", "The caller has hung up before we have answered."),
            ("CDN 200, CDN 100", "any", "IP.wait_connect", "-", "CallFailed Disconnected", "established", "§3.2.3.2: the incoming caller could not be connected."),
            ("CDN 200, CDN 100, CDN 100 2/5", "any", "IP.cleared", "-", "CallFailed Local", "established", "§3.2.3.2: what was waited for. The end was ours."),
            ("CDN 100 2/5", "any", "OP.wait_reply, OP.established, IP.wait_connect, IP.established", IGNORED, "-", "=", "It answers a Call-Clear-Request of ours that crossed the notice of an earlier call's end, whose id this one has: nobody has cleared this one."),
            ("CDN 200, CDN 100, CDN 300, CDN 100 2/5", "any", "others", IGNORED, "-", "=", "There is no such call whose PNS we are; a notice is not answered."),
        ],
    },
    Section {
        title: "WAN-Error-Notify (§2.14)",
        about: "About the call that is 100 to us, and about one that there is not.",
        rules: &[
            ("WEN 100, WEN 300", "any", "closed", IGNORED, "-", "=", NO_TCP),
            ("WEN 100", "any", "OP.wait_reply, OP.established, OP.wait_disconnect, OP.cleared, OP.closing, IP.wait_connect, IP.established, IP.wait_disconnect, IP.cleared, IP.closing", "-", "WanErrors", "=", "§2.14: counters from the PAC to the PNS. They are told, and change nothing."),
            ("WEN 100, WEN 300", "any", "others", IGNORED, "-", "=", "There is no such call whose PNS we are."),
        ],
    },
    Section {
        title: "Set-Link-Info (§2.15)",
        about: "About the call that is 100 to us, and about one that there is not.",
        rules: &[
            ("SLI 100, SLI 300", "any", "closed", IGNORED, "-", "=", NO_TCP),
            ("SLI 100", "any", "OP.wait_reply, OP.established, OP.wait_disconnect, OP.cleared, OP.closing, OA.established, IA.wait_reply, IA.wait_line, IA.established, IP.wait_connect, IP.established, IP.wait_disconnect, IP.cleared, IP.closing", "-", "LinkInfo", "=", "§2.15: character maps, from the PNS to the PAC; Windows sends them both ways. They are told, and of no use inside PPTP."),
            ("SLI 100, SLI 300", "any", "others", IGNORED, "-", "=", "There is no such call."),
        ],
    },
    Section {
        title: "Other messages",
        about: "Control messages of type 0 and 16, and a message of PPTP Message Type 2 (management).",
        rules: &[
            ("type 0, type 16, management", "any", "others", IGNORED, "-", "=", "§1.4: RFC 2637 does not define them; they are left out by their length."),
        ],
    },
    Section {
        title: "What is no message",
        about: "An Echo-Request whose Magic Cookie is another one (`cookie`); whose Length is less than an Echo-Request has (`too short`), 0 (`no length`), or more than 512 (`too long`).",
        rules: &[
            ("cookie, too short, no length, too long", "any", "closed", IGNORED, "-", "=", NO_TCP),
            ("cookie, too short, no length, too long", "any", "wait_request, wait_ctl_reply, established, wait_echo_reply", "-", "Closed Protocol", "closed", "§1.4: TCP is closed at once, for the place in the stream is lost. §3: so it is after a malformed message."),
            ("cookie, too short, no length, too long", "any", "wait_stop_reply", "-", "Closed Local", "closed", "The same; the end was ours, and the first cause counts."),
            ("cookie, too short, no length, too long", "any", "OP.wait_reply, OA.wait_cs_ans, IA.wait_reply, IA.wait_line, IP.wait_answer, IP.wait_connect", "-", "CallFailed ConnectionClosed, Closed Protocol", "closed", "§1.4, §3: and all calls end with it."),
            ("cookie, too short, no length, too long", "any", "OP.established, OA.established, IA.established, IP.established", "-", "CallEnded ConnectionClosed, Closed Protocol", "closed", "§1.4, §3: and all calls end with it."),
            ("cookie, too short, no length, too long", "any", "OP.wait_disconnect, IP.wait_disconnect", "-", "CallEnded Local, Closed Protocol", "closed", "The same; the call's end was ours, and the first cause counts."),
            ("cookie, too short, no length, too long", "any", "OP.cleared, IP.cleared", "-", "CallFailed Local, Closed Protocol", "closed", "The same; the call's end was ours, and the first cause counts."),
            ("cookie, too short, no length, too long", "any", CLOSING, "-", "CallEnded Local, Closed Local", "closed", "The same; both ends were ours, and the first cause counts."),
        ],
    },
];
