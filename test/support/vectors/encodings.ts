import { base32, cbor, eventId, hex, sample, uuid } from './oracle.ts'

export const base32Vectors = () => ({
  comment: 'ENC-1, ENC-2: bytes in hex and their text; texts that no bytes have.',
  valid: [0, 1, 2, 3, 4, 5, 8, 16, 20, 32]
    .map((length) => sample('base32', length))
    .concat([new Uint8Array(16), new Uint8Array(32).fill(255), Buffer.from('foobar')])
    .map((bytes) => ({ hex: hex(bytes), text: base32(bytes) })),
  invalid: [
    { text: 'MZXW6', why: 'upper case' },
    { text: 'mzxw6===', why: 'padding' },
    { text: 'mzxw 6', why: 'white space' },
    { text: 'mzxw0', why: '0 is no letter' },
    { text: 'mzxw1', why: '1 is no letter' },
    { text: 'mzxw8', why: '8 is no letter' },
    { text: 'mz\u017fw6', why: 'a letter outside of ASCII' },
    { text: 'a', why: 'no byte string has one letter' },
    { text: 'aaa', why: 'no byte string has three letters' },
    { text: 'aaaaaa', why: 'no byte string has six letters' },
    { text: 'ab', why: 'left-over bits are not zero' },
    { text: 'aaab', why: 'left-over bits are not zero' },
  ],
})

const feed = sample('feed', 16)

export const eventIdVectors = () => ({
  comment: 'ID-4: hybrid-clock stamp and feed (hex) make the id; bytes in hex. Invalid: texts that are no event id.',
  valid: [
    [0, 0],
    [1, 1],
    [1_800_000_000_000, 0],
    [1_800_000_000_000, 0xfff],
    [1_800_000_000_123, 0x5a5],
    [2 ** 48 - 1, 0xfff],
  ].flatMap(([ms = 0, counter = 0]) =>
    [feed, new Uint8Array(16)].map((feed) => {
      const bytes = eventId(ms, counter, feed)
      return { ms, counter, feed: hex(feed), hex: hex(bytes), id: uuid(bytes) }
    }),
  ),
  invalid: [
    { text: '', why: 'empty' },
    { text: '01a31858-8d00-7000-8aaa-aaaaaaaaaaa', why: 'too short' },
    { text: '01a31858-8d00-7000-8aaa-aaaaaaaaaaaaa', why: 'too long' },
    { text: '01A31858-8D00-7000-8AAA-AAAAAAAAAAAA', why: 'upper case' },
    { text: '01a31858-8d00-4000-8aaa-aaaaaaaaaaaa', why: 'version 4' },
    { text: '01a31858-8d00-7000-0aaa-aaaaaaaaaaaa', why: 'variant 0' },
    { text: '01a31858-8d00-7000-caaa-aaaaaaaaaaaa', why: 'variant 110' },
    { text: '01a318588d0070008aaaaaaaaaaaaaaa0000', why: 'no dashes' },
    { text: '01a3185-88d00-7000-8aaa-aaaaaaaaaaaa', why: 'a dash in another place' },
    { text: 'g1a31858-8d00-7000-8aaa-aaaaaaaaaaaa', why: 'no hexadecimal digit' },
    { text: ' 1a31858-8d00-7000-8aaa-aaaaaaaaaaaa', why: 'white space' },
    { text: '{1a31858-8d00-7000-8aaa-aaaaaaaaaaa}', why: 'braces' },
  ],
})

const reservedNames = ['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', '.', '..']

export const identifierVectors = () => {
  const bytes16 = base32(sample('id', 16))
  const bytes32 = base32(sample('id', 32))
  const name = {
    valid: ['a', '7', 'alice', 'alice.b-c_d', 'general', '0', 'x'.repeat(32)],
    invalid: [
      '',
      'Alice',
      '-alice',
      '.alice',
      '_alice',
      'al ice',
      'al/ice',
      'al+ice',
      'al#ice',
      '$sys',
      'alice@home',
      'älice',
      'alice\n',
      'x'.repeat(33),
      ...reservedNames,
    ],
  }
  const key = {
    valid: [bytes32, 'a'.repeat(52)],
    invalid: ['', bytes16, bytes32.toUpperCase(), `${bytes32}a`, `${bytes32.slice(0, 51)}b`],
  }
  const short = {
    valid: [bytes16, 'a'.repeat(26)],
    invalid: ['', bytes32, bytes16.toUpperCase(), `${bytes16}=`, `${bytes16.slice(0, 25)}b`],
  }
  return {
    comment: 'ID-1 to ID-10: texts that are and are not identifiers of each kind.',
    NodeId: key,
    ServerId: key,
    ChannelId: {
      valid: [
        uuid(eventId(1_800_000_000_000, 7, feed)),
        '0f8fad5b-d9cb-469f-a165-70867728950e',
        '0f8fad5b-d9cb-869f-a165-70867728950e',
      ],
      invalid: [
        '',
        '0F8FAD5B-D9CB-469F-A165-70867728950E',
        '0f8fad5b-d9cb-169f-a165-70867728950e',
        '0f8fad5b-d9cb-469f-7165-70867728950e',
        '0f8fad5bd9cb469fa16570867728950e',
        bytes16,
      ],
    },
    FeedId: short,
    MemberId: short,
    UserName: name,
    Handle: name,
    DeviceId: {
      valid: ['phone', 'Phone', '-', '_x', 'mosq-AbC123', 'auto-0F8FAD5B', 'x'.repeat(64)],
      invalid: ['', 'a b', 'a/b', 'a+', 'a#', 'a:b', 'ä', 'x\0', 'x'.repeat(65), ...reservedNames],
    },
  }
}

export const cborVectors = () => ({
  comment:
    'ENC-5, ENC-6, ENC-7. Valid: hex and value; bytes are written {"hex": "…"} in values. Invalid: EVENT_INVALID.',
  valid: [
    0,
    1,
    23,
    24,
    255,
    256,
    65_535,
    65_536,
    4_294_967_295,
    4_294_967_296,
    Number.MAX_SAFE_INTEGER,
    -1,
    -24,
    -25,
    -256,
    -257,
    Number.MIN_SAFE_INTEGER,
    '',
    'a',
    'ä',
    '🔥',
    'x'.repeat(24),
    '\u0000',
    '\ufeff',
    false,
    true,
    null,
    [],
    {},
    [1, [2, [3]]],
    { a: 1, b: [true] },
    { b: 1, a: 2, aa: 3, '': 4 },
    { ä: 1, z: 2 },
    'y'.repeat(256),
  ]
    .map((value): object => ({ hex: hex(cbor(value)), value }))
    .concat([
      { hex: '40', value: { hex: '' } },
      { hex: '43010203', value: { hex: '010203' } },
      { hex: '8241ff00', value: [{ hex: 'ff' }, 0] },
      { hex: `${'81'.repeat(16)}00`, value: JSON.parse(`${'['.repeat(16)}0${']'.repeat(16)}`) as unknown },
    ]),
  invalid: [
    { hex: '', why: 'nothing' },
    { hex: '0000', why: 'bytes after the end' },
    { hex: '1800', why: 'longer head than needed' },
    { hex: '1817', why: 'longer head than needed' },
    { hex: '1900ff', why: 'longer head than needed' },
    { hex: '1a0000ffff', why: 'longer head than needed' },
    { hex: '1b00000000ffffffff', why: 'longer head than needed' },
    { hex: '580100', why: 'longer head than needed' },
    { hex: '780161', why: 'longer head than needed' },
    { hex: '980100', why: 'longer head than needed' },
    { hex: 'b8016161 00'.replace(' ', ''), why: 'longer head than needed' },
    { hex: '1b0020000000000000', why: '2^53' },
    { hex: '3b001fffffffffffff', why: '-2^53' },
    { hex: '1bffffffffffffffff', why: '2^64-1' },
    { hex: '1c', why: 'reserved head' },
    { hex: '1f', why: 'reserved head' },
    { hex: `1c${'00'.repeat(16)}`, why: 'reserved head' },
    { hex: `1f${'00'.repeat(128)}`, why: 'reserved head' },
    { hex: '5f4100ff', why: 'indefinite byte string' },
    { hex: '7f6161ff', why: 'indefinite text' },
    { hex: '9f00ff', why: 'indefinite array' },
    { hex: 'bf616100ff', why: 'indefinite map' },
    { hex: 'ff', why: 'a break' },
    { hex: 'c000', why: 'a tag' },
    { hex: 'd9d9f700', why: 'a tag' },
    { hex: 'c24101', why: 'a big number' },
    { hex: 'f7', why: 'undefined' },
    { hex: 'f0', why: 'simple value 16' },
    { hex: 'f820', why: 'simple value 32' },
    { hex: 'f814', why: 'false in two bytes' },
    { hex: 'f90000', why: 'floating point 0' },
    { hex: 'f93e00', why: 'floating point 1.5' },
    { hex: 'f97e00', why: 'NaN' },
    { hex: 'fa3fc00000', why: 'floating point 1.5' },
    { hex: 'fb3ff8000000000000', why: 'floating point 1.5' },
    { hex: '18', why: 'cut short' },
    { hex: '19ff', why: 'cut short' },
    { hex: '4201', why: 'cut short' },
    { hex: '6261', why: 'cut short' },
    { hex: '8201', why: 'cut short' },
    { hex: 'a16161', why: 'cut short' },
    { hex: '9b001fffffffffffff', why: 'an array of 2^53-1 items in nine bytes' },
    { hex: '5b001fffffffffffff', why: 'a byte string of 2^53-1 bytes in nine' },
    { hex: '61ff', why: 'not UTF-8' },
    { hex: '62c080', why: 'overlong UTF-8' },
    { hex: '63eda080', why: 'half a surrogate pair' },
    { hex: 'a10000', why: 'a key that is a number' },
    { hex: 'a1410000', why: 'a key that is a byte string' },
    { hex: 'a2616100616100', why: 'a key twice' },
    { hex: 'a2616200616100', why: 'keys out of order' },
    { hex: 'a262616100616200', why: 'keys out of order: the shorter comes first' },
    { hex: 'a1695f5f70726f746f5f5f00', why: 'a key named __proto__' },
    { hex: `${'81'.repeat(17)}00`, why: '17 levels' },
  ],
})

export const jsonVectors = () => ({
  comment: 'ENC-8 to ENC-12. Bytes in hex (with the text beside it where it is one); value, or code of the refusal.',
  valid: [
    '{}',
    ' [1, 2.5, -3e2, "ä", "\\ud83d\\ude00", null, true] ',
    '"a"',
    '0',
    '{"a":{"b":["c"]}}',
    '1e308',
    '"\\"[[[["',
  ]
    .concat([
      `${'['.repeat(16)}${']'.repeat(16)}`,
      `"${'['.repeat(40)}"`,
      '{"x":"__proto__"}',
      `"\\"${'['.repeat(20)}"`,
    ])
    .map((text) => ({ hex: hex(Buffer.from(text)), text, value: JSON.parse(text) as unknown })),
  invalid: [
    ...[
      ['', 'JSON_INVALID', 'nothing'],
      ['{', 'JSON_INVALID', 'cut short'],
      ['{"a":1}x', 'JSON_INVALID', 'something after the end'],
      ["{'a':1}", 'JSON_INVALID', 'other quotes'],
      ['[1,]', 'JSON_INVALID', 'a comma too many'],
      ['NaN', 'JSON_INVALID', 'no number'],
      ['[Infinity]', 'JSON_INVALID', 'no number'],
      ['1e309', 'JSON_INVALID', 'past the range of a double'],
      ['{"a":[-1e400]}', 'JSON_INVALID', 'past the range of a double'],
      ['\ufeff{}', 'JSON_INVALID', 'a byte order mark'],
      ['{"__proto__":1}', 'JSON_INVALID', 'a key named __proto__'],
      ['{"a":{"\\u005f_proto__":{}}}', 'JSON_INVALID', 'a key named __proto__, escaped'],
      ['"\\ud800"', 'NOT_UTF8', 'half a surrogate pair'],
      ['{"\\udc00":1}', 'NOT_UTF8', 'half a surrogate pair in a key'],
      ['["\\udc00\\ud800"]', 'NOT_UTF8', 'a surrogate pair the wrong way round'],
      [`${'['.repeat(17)}${']'.repeat(17)}`, 'JSON_TOO_DEEP', '17 levels'],
      [`${'{"a":'.repeat(17)}1${'}'.repeat(17)}`, 'JSON_TOO_DEEP', '17 levels'],
    ].map(([text = '', code, why]) => ({ hex: hex(Buffer.from(text)), code, why })),
    { hex: '22ff22', code: 'NOT_UTF8', why: 'a byte that UTF-8 has not' },
    { hex: '22c0af22', code: 'NOT_UTF8', why: 'overlong' },
    { hex: '22eda08022', code: 'NOT_UTF8', why: 'half a surrogate pair in UTF-8' },
    { hex: '22e28222', code: 'NOT_UTF8', why: 'cut short' },
  ],
})

export const textVectors = () => ({
  comment: 'TEXT-1 to TEXT-3: chat texts, given as a part and how often it is repeated.',
  valid: [
    { part: 'hello', times: 1 },
    { part: 'x', times: 2000 },
    { part: '🔥', times: 2000 },
    { part: ' a\n', times: 1 },
    { part: '.', times: 1 },
    { part: 'שלום', times: 1 },
    { part: '👨‍👩‍👧', times: 1 },
  ],
  invalid: [
    { part: '', times: 1, code: 'TEXT_EMPTY' },
    { part: ' ', times: 5, code: 'TEXT_EMPTY' },
    { part: '\n\t\r', times: 1, code: 'TEXT_EMPTY' },
    { part: '\u200b\u200d\ufeff', times: 1, code: 'TEXT_EMPTY' },
    { part: '\u0000', times: 3, code: 'TEXT_EMPTY' },
    { part: 'x', times: 2001, code: 'TEXT_TOO_LONG' },
    { part: '🔥', times: 2001, code: 'TEXT_TOO_LONG' },
    { part: 'x', times: 5000, code: 'TEXT_TOO_LONG' },
  ],
})
