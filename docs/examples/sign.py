#!/usr/bin/env python3
"""Signs a question and asks it; verifies a saved answer offline. An example for consumers who write their own client.

    sign.py ask    --server HOST:PORT --ca ca.pem --cert me.pem --key me.key request.json --save DIR
    sign.py verify --trust ca.pem DIR/answer.json [--request DIR/request.json]

`ask` puts `request_signature` into the request and posts it over mutual TLS; DIR/request.json is the request as sent,
DIR/answer.json the answer byte by byte as it came. `verify` asks nobody: exit code 0 when the proof holds, 1 when it
does not; it says what fails. docs/evidence.md has every byte of what is done here. Needs `cryptography`, nothing else.
"""
import argparse
import base64
import datetime
import hashlib
import hmac
import http.client
import json
import pathlib
import ssl
import sys

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa


# --- RFC 8785: the one way to write a JSON value -----------------------------------------------------------------

def canonical(value):
    """The bytes that digests and signatures cover."""
    return written(value).encode("utf-8")


def written(value):
    if isinstance(value, dict):
        # Members are sorted by the UTF-16 units of their names.
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(written(name) + ":" + written(value[name]) for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(element) for element in value) + "]"
    if isinstance(value, float):
        return number(value)
    return json.dumps(value, ensure_ascii=False)


def number(value):
    """A number as ECMAScript writes it (ECMA-262, Number::toString); every JSON number is a double."""
    if value == 0:
        return "0"
    if value < 0:
        return "-" + number(-value)
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    point = len(whole) + int(exponent or 0)
    digits = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(digits)
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    head = digits[0] + ("." + digits[1:] if count > 1 else "")
    return f"{head}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def parsed(text):
    """JSON as a value: numbers are doubles, and a member may stand in an object only once."""
    def once(pairs):
        members = dict(pairs)
        if len(members) != len(pairs):
            raise ValueError("a member is given twice")
        return members
    return json.loads(text, parse_int=float, parse_float=float, object_pairs_hook=once)


def without(members, *names):
    return {name: value for name, value in members.items() if name not in names}


# --- asking ------------------------------------------------------------------------------------------------------

def signature_of(key, message):
    """A signature in the one way that the kind of the key has (docs/evidence.md, section 5)."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(message, ec.ECDSA(digest_for(key.curve)))
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(message)


def digest_for(curve):
    return hashes.SHA384() if isinstance(curve, ec.SECP384R1) else hashes.SHA256()


def ask(options):
    request = parsed(pathlib.Path(options.request).read_text("utf-8"))
    key = serialization.load_pem_private_key(pathlib.Path(options.key).read_bytes(), None)
    message = canonical(without(request, "request_signature"))
    request["request_signature"] = base64.b64encode(signature_of(key, message)).decode()
    body = canonical(request)
    tls = ssl.create_default_context(cafile=options.ca)
    tls.load_cert_chain(options.cert, options.key)
    host, _, port = options.server.rpartition(":")
    connection = http.client.HTTPSConnection(host.strip("[]"), int(port), context=tls, timeout=15)
    connection.request("POST", options.path, body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = response.read()
    folder = pathlib.Path(options.save)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "request.json").write_bytes(body)
    (folder / ("answer.json" if response.status == 200 else "problem.json")).write_bytes(answer)
    print(response.status, parsed(answer).get("outcome") or parsed(answer).get("detail"))
    return 0 if response.status == 200 else 3


# --- the leaf: a Statement as protobuf ---------------------------------------------------------------------------

STRINGS = {"evidence_id": 1, "consumer": 3, "method": 4, "resource": 5, "matter": 6, "reason": 8, "grant": 9,
           "grant_version": 10, "previous_checkpoint": 19}
BYTES = {"subject_commitment": 11, "request_commitment": 12, "answer_commitment": 13, "case_commitment": 14,
         "signature_commitment": 17, "caller_certificate": 18}
OUTCOMES = ["UNSPECIFIED", "FOUND", "NOT_FOUND", "WITHDRAWN", "NO_COVERAGE", "AMBIGUOUS", "STALE",
            "UNAVAILABLE", "REFUSED", "INVALID"]
FORMS = ["ANSWER_FORM_UNSPECIFIED", "ANSWER_FORM_PROTOBUF", "ANSWER_FORM_JSON"]


def leaf_of(statement):
    """The bytes of the leaf: fields in the order of their numbers, defaults left out."""
    fields = {}
    for name, value in statement.items():
        if name in STRINGS:
            fields[STRINGS[name]] = delimited(STRINGS[name], value.encode("utf-8"))
        elif name in BYTES:
            fields[BYTES[name]] = delimited(BYTES[name], base64.b64decode(value, validate=True))
        elif name == "time":
            fields[2] = delimited(2, timestamp(value), keep_empty=True)
        elif name == "outcome":
            fields[7] = varint_field(7, OUTCOMES.index(value.removeprefix("OUTCOME_")))
        elif name == "form":
            fields[15] = varint_field(15, FORMS.index(value))
        elif name == "count":
            fields[16] = varint_field(16, int(value))
        else:
            raise ValueError(f"a statement has no member {name}")
    return b"".join(fields[number] for number in sorted(fields))


def varint(value):
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    return bytes(encoded) + bytes([value])


def varint_field(number, value):
    return varint(number << 3) + varint(value) if value else b""


def delimited(number, value, keep_empty=False):
    return varint(number << 3 | 2) + varint(len(value)) + value if value or keep_empty else b""


def timestamp(text):
    seconds, nanos = instant(text)
    return varint_field(1, seconds) + varint_field(2, nanos)


def instant(text):
    """Seconds since 1970 and nanoseconds, of a time in UTC as protobuf's JSON writes it."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    moment = datetime.datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=datetime.timezone.utc)
    return int(moment.timestamp()), int((fraction or "0").ljust(9, "0"))


# --- the checks --------------------------------------------------------------------------------------------------

class Fails(Exception):
    """A check that does not hold."""


def require(holds, why):
    if not holds:
        raise Fails(why)


def sha256(*pieces):
    return hashlib.sha256(b"".join(pieces)).digest()


def commitment(salt, label, message):
    subkey = hmac.digest(salt, label, "sha256")
    return hmac.digest(subkey, message, "sha256")


def root_of_path(leaf, index, size, path):
    """The root that an inclusion path leads to (RFC 9162, 2.1.3.2)."""
    require(index < size, "the leaf is not in the tree")
    node, last, found = index, size - 1, leaf
    for other in path:
        require(last > 0, "the path is too long")
        if node & 1 or node == last:
            found = sha256(b"\x01", other, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = sha256(b"\x01", found, other)
        node, last = node >> 1, last >> 1
    require(last == 0, "the path is too short")
    return found


class Receipt:
    """A receipt, its members decoded."""

    def __init__(self, members):
        def decoded(name):
            return base64.b64decode(members.get(name, ""), validate=True)
        self.statement = members["statement"]
        self.salt = decoded("salt")
        self.index = int(members.get("leaf_index", "0"))
        self.path = [base64.b64decode(hash_) for hash_ in members.get("inclusion_path", [])]
        self.checkpoint = decoded("checkpoint").decode("utf-8")
        self.key = members["verifier_key"]
        self.key_signature = decoded("verifier_key_signature")
        self.chain = [x509.load_der_x509_certificate(base64.b64decode(der)) for der in members["certificate_chain"]]
        self.leaf_hash = decoded("leaf_hash")
        self.text, _, self.signatures = self.checkpoint.rpartition("\n\n")
        self.text += "\n"
        self.origin, self.size, self.root = self.text.split("\n")[:3]

    def committed(self, name):
        return base64.b64decode(self.statement.get(name + "_commitment", ""))


def answer_is_recorded(receipt, answer):
    require(receipt.statement.get("form") == "ANSWER_FORM_JSON", "the recorded answer was not sent as JSON")
    covered = canonical(without(answer, "receipt"))
    same = hmac.compare_digest(commitment(receipt.salt, b"answer", covered), receipt.committed("answer"))
    require(same, "the answer is not the one that was recorded")


def request_is_recorded(receipt, request):
    covered = canonical(without(request, "request_signature"))
    require(commitment(receipt.salt, b"request", covered) == receipt.committed("request"), "another request was recorded")
    if "request_signature" in request:
        signature = base64.b64decode(request["request_signature"])
        same = commitment(receipt.salt, b"signature", signature) == receipt.committed("signature")
        require(same, "another signature was recorded")


def statement_is_leaf(receipt):
    require(sha256(b"\x00", leaf_of(receipt.statement)) == receipt.leaf_hash, "the statement is not the leaf")


def path_leads_to_root(receipt):
    root = root_of_path(receipt.leaf_hash, receipt.index, int(receipt.size), receipt.path)
    require(root == base64.b64decode(receipt.root), "the path does not lead to the checkpoint's root")
    _, node, epoch = receipt.origin.split("/")
    named = receipt.statement["evidence_id"] == f"{node}-{epoch}-{receipt.index}"
    require(named, "the statement is of another log or index")


def checkpoint_is_signed(receipt):
    name, key_id, key = receipt.key.split("+", 2)
    kind_and_key = base64.b64decode(key, validate=True)
    require(name == receipt.origin and kind_and_key[0] == 1, "the key is of another log")
    require(sha256(name.encode(), b"\n", kind_and_key)[:4].hex() == key_id, "the key id is not the key's")
    public = ed25519.Ed25519PublicKey.from_public_bytes(kind_and_key[1:])
    found = 0
    for line in receipt.signatures.splitlines():
        dash, signer, signature = line.split(" ")
        signature = base64.b64decode(signature, validate=True)
        if dash == "\u2014" and signer == name and signature[:4].hex() == key_id:
            public.verify(signature[4:], receipt.text.encode())
            found += 1
    require(found, "the checkpoint is not signed by the log's key")


def key_is_vouched_for(receipt, authorities):
    seconds, _ = instant(receipt.statement["time"])
    at = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    node = receipt.chain[0]
    names = node.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    require(uris == [f"exchange://node/{receipt.origin.split('/')[1]}"], "the certificate is not that of the log's node")
    chain_leads_to(receipt.chain, authorities, at)
    verify_with(node.public_key(), receipt.key_signature, b"exchange log key v1\0" + receipt.key.encode())


def chain_leads_to(chain, authorities, at):
    """Each certificate is signed by the next, the last by an authority; all were valid at the time."""
    for place, certificate in enumerate(chain):
        require(certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc, "a certificate was not valid")
        for issuer in authorities + chain[place + 1:place + 2]:
            if certificate.issuer == issuer.subject and may_issue(issuer) and was_issued_by(certificate, issuer):
                if issuer in authorities:
                    return
                break
        else:
            raise Fails("the chain does not lead to a trusted authority")
    raise Fails("the chain does not lead to a trusted authority")


def may_issue(certificate):
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def was_issued_by(certificate, issuer):
    try:
        certificate.verify_directly_issued_by(issuer)
        return True
    except (InvalidSignature, ValueError, TypeError):
        return False


def verify_with(public, signature, message):
    if isinstance(public, ec.EllipticCurvePublicKey):
        public.verify(signature, message, ec.ECDSA(digest_for(public.curve)))
    elif isinstance(public, rsa.RSAPublicKey):
        public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    else:
        public.verify(signature, message)


def verify(options):
    try:
        answer = parsed(pathlib.Path(options.answer).read_text("utf-8"))
        receipt = Receipt(answer["receipt"])
    except (KeyError, ValueError, TypeError) as error:
        print(f"altered answer: it cannot be read, {error}")
        return 1
    authorities = x509.load_pem_x509_certificates(pathlib.Path(options.trust).read_bytes())
    checks = [
        ("altered answer", lambda: answer_is_recorded(receipt, answer)),
        ("altered statement", lambda: statement_is_leaf(receipt)),
        ("wrong path", lambda: path_leads_to_root(receipt)),
        ("wrong signature", lambda: checkpoint_is_signed(receipt)),
        ("unknown key", lambda: key_is_vouched_for(receipt, authorities)),
    ]
    if options.request:
        request = parsed(pathlib.Path(options.request).read_text("utf-8"))
        checks.append(("altered request", lambda: request_is_recorded(receipt, request)))
    failed = [name for name, check in checks if not passes(name, check)]
    if not failed:
        print(f"the proof holds: {receipt.statement['evidence_id']} of {receipt.origin}, {receipt.statement['time']}")
    return 1 if failed else 0


def passes(name, check):
    try:
        check()
        return True
    except (Fails, InvalidSignature, KeyError, ValueError, TypeError, AttributeError, x509.ExtensionNotFound) as error:
        print(f"{name}: {error or 'the signature does not verify'}")
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    asks = commands.add_parser("ask", help="sign a question and ask it")
    for name in ["server", "ca", "cert", "key", "save"]:
        asks.add_argument("--" + name, required=True)
    asks.add_argument("--path", default="/v1/resolve")
    asks.add_argument("request")
    asks.set_defaults(run=ask)
    verifies = commands.add_parser("verify", help="verify a saved answer")
    verifies.add_argument("--trust", required=True)
    verifies.add_argument("--request")
    verifies.add_argument("answer")
    verifies.set_defaults(run=verify)
    options = parser.parse_args()
    sys.exit(options.run(options))


if __name__ == "__main__":
    main()
