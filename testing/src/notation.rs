//! Signatures from text, in the notation that `Signature` and `Type` print: `(i32, struct {f32, u8[3]}, ...) -> f64`.
//!
//! The notation also has parts that are not printed. `packed(n)` and `aligned(n)` behind a struct or union are its attributes.
//! `packed` and `aligned(n)` in front of a member are the member's. `6*i64` stands for six parameters or members.

use hotcall_jit::{Field, Scalar, Signature, Type, TypeError};

/// Returns the signature that a text in this notation describes. Panics for other texts, because tests do not have wrong ones.
pub fn signature(text: &str) -> Signature {
    let mut parser = Parser { text, rest: text };
    let signature = parser.signature();
    parser.end();
    signature
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
}

impl Parser<'_> {
    fn fail(&self, wanted: &str) -> ! {
        panic!("{:?}: {wanted} wanted before {:?}", self.text, self.rest)
    }

    fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(token);
        rest.map(|rest| self.rest = rest).is_some()
    }

    fn expect(&mut self, token: &str) {
        if !self.eat(token) {
            self.fail(token)
        }
    }

    fn end(&self) {
        if !self.rest.trim().is_empty() {
            self.fail("the end")
        }
    }

    /// The letters or digits that come next.
    fn take(&mut self, wanted: fn(&char) -> bool) -> &str {
        let rest = self.rest.trim_start();
        let len = rest.chars().take_while(wanted).count();
        let (taken, rest) = rest.split_at(len);
        self.rest = rest;
        taken
    }

    fn number(&mut self) -> u32 {
        match self.take(char::is_ascii_digit).parse() {
            Ok(number) => number,
            Err(_) => self.fail("a number"),
        }
    }

    fn in_parentheses(&mut self) -> u8 {
        self.expect("(");
        let number = self.number();
        self.expect(")");
        number as u8
    }

    fn signature(&mut self) -> Signature {
        let (mut params, mut first_variadic) = (Vec::new(), None);
        self.expect("(");
        while !self.eat(")") {
            if self.eat("...") {
                first_variadic = Some(params.len());
            } else {
                params.extend(self.repeated(Self::ty));
            }
            self.eat(",");
        }
        let result = self.eat("->").then(|| self.ty());
        let signature = match first_variadic {
            Some(first) => Signature::variadic(params, first, result),
            None => Signature::new(params, result),
        };
        signature.unwrap_or_else(|error| panic!("{:?}: {error}", self.text))
    }

    fn repeated<T: Clone>(&mut self, item: fn(&mut Self) -> T) -> Vec<T> {
        let count = if self.rest.trim_start().starts_with(|c: char| c.is_ascii_digit()) {
            let count = self.number();
            self.expect("*");
            count
        } else {
            1
        };
        vec![item(self); count as usize]
    }

    fn ty(&mut self) -> Type {
        let mut ty = self.base();
        loop {
            ty = if self.eat("[") {
                self.array(ty)
            } else if self.eat("packed") {
                ty.packed(self.in_parentheses())
            } else if self.eat("aligned") {
                ty.aligned(self.in_parentheses())
            } else {
                return ty;
            }
            .unwrap_or_else(|error| panic!("{:?}: {error}", self.text));
        }
    }

    /// The rest of an array behind its first `[`. The first length is the outermost one.
    fn array(&mut self, element: Type) -> Result<Type, TypeError> {
        let len = self.number();
        self.expect("]");
        let element = if self.eat("[") { self.array(element)? } else { element };
        Type::array(element, len)
    }

    fn base(&mut self) -> Type {
        match self.take(char::is_ascii_alphanumeric) {
            "struct" => Type::structure(self.members()).unwrap_or_else(|error| panic!("{:?}: {error}", self.text)),
            "union" => Type::union(self.members()).unwrap_or_else(|error| panic!("{:?}: {error}", self.text)),
            name => Scalar::named(name).map_or_else(|| self.fail("a type"), Type::from),
        }
    }

    fn members(&mut self) -> Vec<Field> {
        let mut members = Vec::new();
        self.expect("{");
        while !self.eat("}") {
            members.extend(self.repeated(Self::member));
            self.eat(",");
        }
        members
    }

    fn member(&mut self) -> Field {
        let align = self.eat("aligned").then(|| self.in_parentheses());
        let packed = self.eat("packed");
        let field = Field::from(self.ty());
        let field = if packed { field.packed() } else { field };
        match align {
            Some(align) => field.aligned(align).unwrap_or_else(|error| panic!("{:?}: {error}", self.text)),
            None => field,
        }
    }
}
