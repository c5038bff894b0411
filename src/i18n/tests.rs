use super::*;

#[test]
fn the_dearest_language_of_the_header_is_spoken() {
    for (header, lang) in [
        ("", Lang::Ko),
        ("fr, de;q=0.9", Lang::Ko),
        ("en-US,en;q=0.9,ko;q=0.8", Lang::En),
        ("en;q=0.4, ko;q=0.5", Lang::Ko),
        ("fr;q=1, en;q=0.1", Lang::En),
        ("en;q=0", Lang::Ko),
        ("en;q=nan, ko", Lang::Ko),
        ("KO-kr", Lang::Ko),
    ] {
        assert_eq!(Lang::from_accept_language(header), lang, "{header}");
    }
}

#[test]
fn a_code_may_carry_a_region() {
    assert_eq!(Lang::from_code("en_GB"), Some(Lang::En));
    assert_eq!(Lang::from_code("kok"), None);
}

#[test]
fn the_three_refusals_of_the_lobby_are_word_for_word() {
    assert_eq!(refusal(Code::RoomNotFound, Lang::Ko), "존재하지 않는 방입니다.");
    assert_eq!(refusal(Code::WrongPassword, Lang::Ko), "비밀번호가 틀렸습니다.");
    assert_eq!(refusal(Code::RoomFull, Lang::Ko), "허용 인원이 초과하였습니다.");
}

#[test]
fn every_code_has_a_sentence() {
    for lang in Lang::ALL {
        for &code in Code::ALL {
            assert!(refusal(code, lang).ends_with('.'), "{code:?}");
        }
    }
}
