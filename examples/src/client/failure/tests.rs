use super::*;
use pptp_core::wire::{GeneralError, StopReason};

fn down(reason: DownReason) -> Failure {
    Failure::Down {
        reason,
        refused: false,
    }
}

fn refused(result: OutgoingCallResult) -> Failure {
    down(DownReason::Call(CallEnd::Refused {
        result,
        error: GeneralError::None,
        cause: 0,
    }))
}

#[test]
fn what_each_failure_comes_to() {
    use Cure::{None, Time, TimeOnceUp};
    let words = || "words".to_owned();
    let link = |reason| down(DownReason::Ppp(reason));
    let control = |reason| down(DownReason::Control(reason));
    let login = |code: u32| link(Link::AuthenticationFailed(code.into()));
    let cases = [
        (Failure::Usage(words()), 2, None),
        (Failure::System(SystemError::Failed(words())), 1, None),
        (Failure::System(SystemError::NotPermitted(words())), 3, None),
        (Failure::Unreachable(words()), 4, Time),
        (Failure::NotAuthenticated, 9, None),
        (down(DownReason::Closed), 0, None),
        (down(DownReason::GreBlocked), 6, TimeOnceUp),
        (login(691), 7, None),
        (login(0), 7, None),
        (login(646), 8, None),
        (login(647), 8, None),
        (login(648), 8, None),
        (login(649), 8, None),
        (login(709), 8, None),
        (login(930), 5, Time),
        (link(Link::CredentialsWanted), 7, None),
        (link(Link::PeerNotTrusted), 9, None),
        (link(Link::EncryptionRefused), 10, None),
        (link(Link::NoEncryptionKeys), 10, None),
        (link(Link::PeerRequiresEncryption), 10, None),
        (link(Link::EncryptionLost), 10, TimeOnceUp),
        (link(Link::NoAgreement), 11, Time),
        (link(Link::AuthenticationTimeout), 11, Time),
        (link(Link::Renegotiated), 11, TimeOnceUp),
        (link(Link::NetworkRefused), 11, None),
        (link(Link::PeerClosed), 12, TimeOnceUp),
        (link(Link::PeerLost), 13, Time),
        (refused(OutgoingCallResult::Busy), 5, Time),
        (refused(OutgoingCallResult::DoNotAccept), 5, None),
        (down(DownReason::Call(CallEnd::TimedOut)), 5, Time),
        (down(DownReason::Call(CallEnd::Cleared)), 12, TimeOnceUp),
        (down(DownReason::Call(CallEnd::ConnectionClosed)), 13, Time),
        (control(CloseReason::StartTimedOut), 5, Time),
        (control(CloseReason::CallTimedOut), 5, Time),
        (control(CloseReason::TcpClosed), 13, Time),
        (control(CloseReason::EchoTimedOut), 13, Time),
        (
            control(CloseReason::PeerStopped(StopReason::LocalShutdown)),
            12,
            TimeOnceUp,
        ),
        (
            control(CloseReason::Refused {
                result: StartResult::NotAuthorized,
                error: GeneralError::None,
            }),
            5,
            None,
        ),
    ];
    for (failure, code, cure) in cases {
        assert_eq!(failure.exit_code(), code, "{failure:?}");
        assert_eq!(failure.cure(), cure, "{failure:?}");
        assert!(EXIT_CODES.contains(&format!("\n  {code} ")));
        assert!(!failure.to_string().is_empty());
    }
}

#[test]
fn what_can_be_done_about_it_is_told() {
    let text = down(DownReason::GreBlocked).to_string();
    assert!(text.contains("IP protocol 47"), "{text}");
    assert!(
        Failure::NotAuthenticated
            .to_string()
            .contains("--auth mschap-v2,none")
    );
}
