//! Tokens with their brackets matched.

use std::ops::Range;

use super::fault::Fault;
use super::lex::{Lexeme, Lexer, Token};

/// Splits a part of the text that holds no directives; `None` if its brackets do not match or it holds no tokens of C.
pub(super) fn split(text: &str, part: Range<usize>) -> Option<Vec<Token>> {
    let mut lexer = Lexer::new(text, part);
    let mut tokens = Vec::new();
    let mut open = Vec::new();
    while let Some(lexeme) = lexer.next().ok()? {
        let Lexeme::Token(token) = lexeme else { return None };
        match_bracket(&mut tokens, token, &mut open).ok()?;
        tokens.push(token);
    }
    open.is_empty().then_some(tokens)
}

/// Links an opening bracket to the bracket that closes it, which is about to be pushed.
pub(super) fn match_bracket(tokens: &mut [Token], token: Token, open: &mut Vec<usize>) -> Result<(), Fault> {
    let opening = match token.mark() {
        Some(b'(' | b'[' | b'{') => {
            open.push(tokens.len());
            return Ok(());
        }
        Some(b')') => b'(',
        Some(b']') => b'[',
        Some(b'}') => b'{',
        _ => return Ok(()),
    };
    let closed = open.pop().filter(|&index| tokens[index].is(opening));
    let Some(index) = closed else {
        let closing = if opening == b'(' { ')' } else { char::from(opening + 2) };
        return Err(Fault::fatal(token.start as usize, format!("`{closing}` closes nothing")));
    };
    tokens[index].link = tokens.len() as u32;
    Ok(())
}
