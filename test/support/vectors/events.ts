import nacl from 'tweetnacl'
import { base32, cbor, eventId, hex, sample, sha256, signer, unhex, uuid } from './oracle.ts'

const root = signer('root')
const hot = signer('hot')
const channel = eventId(1_790_000_000_000, 0, sample('other feed', 16))
const epoch = sample('epoch', 8)
const feed = sha256(root.publicKey, channel, epoch).subarray(0, 16)
const member = sample('member', 16)
const grant = eventId(1_790_000_000_000, 1, sample('other feed', 16))

interface Made {
  readonly raw: Uint8Array
  readonly headerBytes: Uint8Array
  readonly hash: Uint8Array
  readonly id: Uint8Array
}

interface Wish {
  readonly seq: number
  readonly prevHash: Uint8Array
  readonly type?: string
  readonly auth?: Uint8Array | null
  readonly body?: Uint8Array
  readonly ms?: number
  readonly idFeed?: Uint8Array
  readonly feed?: Uint8Array
}

const make = (wish: Wish): Made & { readonly json: object } => {
  const { seq, prevHash, type = 'msg', auth = grant, ms = 1_800_000_000_000 + seq } = wish
  const body = wish.body ?? cbor([`client-${seq}`, `text ${seq}`, null, null, []])
  const salt = sample(`salt ${seq}`, 16)
  const id = eventId(ms, 0, wish.idFeed ?? feed)
  const bodyHash = sha256(salt, body)
  const headerBytes = cbor([1, wish.feed ?? feed, seq, prevHash, id, member, auth, type, bodyHash])
  const raw = cbor([headerBytes, salt, body])
  const json = {
    header: {
      feed: base32(wish.feed ?? feed),
      seq,
      prevHash: hex(prevHash),
      id: uuid(id),
      member: base32(member),
      auth: auth && uuid(auth),
      type,
      bodyHash: hex(bodyHash),
    },
    salt: hex(salt),
    body: hex(body),
    headerBytes: hex(headerBytes),
    hash: hex(sha256(headerBytes)),
    raw: hex(raw),
    redacted: hex(cbor([headerBytes, null, null])),
  }
  return { raw, headerBytes, hash: sha256(headerBytes), id, json }
}

const zeros = new Uint8Array(32)

export const eventVectors = () => {
  const good = make({ seq: 1, prevHash: zeros })
  const fields = [1, feed, 1, zeros, good.id, member, grant, 'msg', zeros]
  const withField = (index: number, value: unknown): string =>
    hex(cbor([cbor(fields.with(index, value as never)), sample('salt', 16), new Uint8Array(0)]))
  const header = cbor(fields)
  const salt = sample('salt', 16)
  return {
    comment: 'EVENT-1 to EVENT-7. Invalid: EVENT_INVALID.',
    valid: [
      good,
      make({ seq: 23, prevHash: good.hash, auth: null, type: 'server.create' }),
      make({ seq: 24, prevHash: good.hash, body: new Uint8Array(0) }),
      make({ seq: 255, prevHash: good.hash, body: cbor('x'.repeat(300)) }),
      make({ seq: 65_536, prevHash: good.hash, type: 'a'.repeat(24) }),
      make({ seq: 4_294_967_296, prevHash: good.hash, type: `a${'.-0'.repeat(10)}z` }),
      make({ seq: Number.MAX_SAFE_INTEGER, prevHash: good.hash, ms: 2 ** 48 - 1 }),
    ].map(({ json }) => json),
    invalid: [
      { raw: '', why: 'nothing' },
      { raw: `${hex(good.raw)}00`, why: 'bytes after the end' },
      { raw: hex(good.raw.subarray(0, -1)), why: 'cut short' },
      { raw: hex(cbor([header, salt])), why: 'two parts' },
      { raw: hex(cbor([header, salt, zeros, null])), why: 'four parts' },
      { raw: hex(cbor([header, null, zeros])), why: 'a body without salt' },
      { raw: hex(cbor([header, salt, null])), why: 'a salt without body' },
      { raw: hex(cbor([header, sample('salt', 15), zeros])), why: 'a salt of 15 bytes' },
      { raw: hex(cbor([header, salt, 'text'])), why: 'a body that is text' },
      { raw: hex(cbor([fields, salt, zeros])), why: 'a header that is not wrapped in a byte string' },
      { raw: hex(cbor([cbor(fields.slice(0, 8)), salt, zeros])), why: 'a header of eight fields' },
      { raw: hex(cbor([cbor([...fields, 0]), salt, zeros])), why: 'a header of ten fields' },
      { raw: hex(cbor([new Uint8Array([...header, 0]), salt, zeros])), why: 'bytes after the header' },
      { raw: withField(0, 2), why: 'format version 2' },
      { raw: withField(1, sample('feed', 15)), why: 'a feed of 15 bytes' },
      { raw: withField(1, null), why: 'no feed' },
      { raw: withField(2, 0), why: 'sequence number 0' },
      { raw: withField(2, -1), why: 'a negative sequence number' },
      { raw: withField(2, 2n ** 53n), why: 'sequence number 2^53' },
      { raw: withField(2, '1'), why: 'a sequence number that is text' },
      { raw: withField(3, sample('hash', 31)), why: 'a hash of 31 bytes' },
      { raw: withField(3, null), why: 'no hash of the event before it' },
      { raw: withField(4, sample('random', 16).fill(0x44, 6, 7)), why: 'an id of version 4' },
      { raw: withField(4, good.id.with(8, 0)), why: 'an id of variant 0' },
      { raw: withField(5, sample('member', 17)), why: 'a member of 17 bytes' },
      { raw: withField(5, null), why: 'no member' },
      { raw: withField(6, 0), why: 'a grant that is a number' },
      { raw: withField(6, good.id.with(6, 0x10)), why: 'a grant of version 1' },
      { raw: withField(7, ''), why: 'an empty type' },
      { raw: withField(7, 'Msg'), why: 'a type with a capital' },
      { raw: withField(7, '1msg'), why: 'a type that begins with a digit' },
      { raw: withField(7, 'a'.repeat(33)), why: 'a type of 33 characters' },
      { raw: withField(7, 'msg\n'), why: 'a type with a line feed' },
      { raw: withField(7, Buffer.from('msg')), why: 'a type that is a byte string' },
      { raw: withField(8, sample('hash', 33)), why: 'a body hash of 33 bytes' },
    ],
  }
}

export const messageVectors = () => {
  const id = eventId(1_800_000_000_000, 3, feed)
  const bytes = (value: unknown): string => hex(cbor(value))
  return {
    comment: 'MSG-1 to MSG-3: body of a msg event in hex. Invalid: EVENT_INVALID.',
    valid: [
      { body: bytes([null, 'hi', null, null, []]), text: 'hi' },
      { body: bytes(['a-1', 'hello, world', null, null, []]), clientMessageId: 'a-1', text: 'hello, world' },
      {
        body: bytes(['x'.repeat(64), '🔥', id, null, []]),
        clientMessageId: 'x'.repeat(64),
        text: '🔥',
        replyTo: uuid(id),
      },
      { body: bytes([null, 'ä', id, grant, []]), text: 'ä', replyTo: uuid(id), thread: uuid(grant) },
      { body: bytes([null, '@here', null, null, [], ['here'], null]), text: '@here', mentions: ['here'] },
      {
        body: bytes([null, 'hi', null, null, [], [], [id, grant, 'alice@home.example']]),
        text: 'hi',
        forwarded: { channel: uuid(id), event: uuid(grant), author: 'alice@home.example' },
      },
    ],
    invalid: [
      { body: bytes([null, 'hi', null, null]), why: 'four fields' },
      { body: bytes([null, 'hi', null, null, [], 0]), why: 'six fields' },
      { body: bytes([null, 'hi', null, null, [], ['here']]), why: 'mentions without an origin or null' },
      { body: bytes([null, 'hi', null, null, [], [], null]), why: 'two fields too many' },
      { body: bytes([null, 'hi', null, null, [], ['here', 'everyone'], null]), why: 'mentions out of order' },
      { body: bytes([null, 'hi', null, null, [], ['here', 'here'], null]), why: 'a mention twice' },
      { body: bytes([null, 'hi', null, null, [], ['alice'], null]), why: 'a mention that is none' },
      { body: bytes([null, 'hi', null, null, [], [], [id, grant, 'alice']]), why: 'an origin without an address' },
      { body: bytes([null, 'hi', null, null, [], [], [id, grant]]), why: 'an origin of two fields' },
      { body: bytes([null, 'hi', null, null, ['x']]), why: 'an attachment' },
      { body: bytes(['', 'hi', null, null, []]), why: 'an empty client message id' },
      { body: bytes(['x'.repeat(65), 'hi', null, null, []]), why: 'a client message id of 65 characters' },
      { body: bytes(['a b', 'hi', null, null, []]), why: 'a client message id with a space' },
      { body: bytes([null, '', null, null, []]), why: 'an empty text' },
      { body: bytes([null, 'x'.repeat(2001), null, null, []]), why: 'a text of 2,001 characters' },
      { body: bytes([null, null, null, null, []]), why: 'no text' },
      { body: bytes([null, 'hi', id.subarray(1), null, []]), why: 'an event id of 15 bytes' },
      { body: bytes([null, 'hi', null, id.with(6, 0x40), []]), why: 'an event id of version 4' },
      { body: bytes('hi'), why: 'no array' },
    ],
  }
}

export const feedVectors = () => {
  const chain: (Made & { json: object })[] = []
  for (let seq = 1; seq <= 5; seq++) chain.push(make({ seq, prevHash: chain[seq - 2]?.hash ?? zeros }))
  const raws = chain.map(({ raw }) => hex(raw))
  const [first, second, third] = chain as unknown as readonly [Made, Made, Made]
  const redacted = hex(cbor([second.headerBytes, null, null]))
  const otherFeed = sample('other feed', 16)
  const start = { seq: 0, hash: hex(zeros) }
  const forged = cbor([second.headerBytes, sample('salt 2', 16), cbor([null, 'put in their mouth', null, null, []])])
  return {
    comment:
      'FEED-1: ids. FEED-3 to FEED-6: chains from a start; broken ones with the place that does not hold and the code.',
    ids: [
      { node: base32(root.publicKey), channel: uuid(channel), epoch: hex(epoch), feed: base32(feed) },
      {
        node: base32(hot.publicKey),
        channel: uuid(channel),
        epoch: '0000000000000000',
        feed: base32(sha256(hot.publicKey, channel, new Uint8Array(8)).subarray(0, 16)),
      },
    ],
    feed: base32(feed),
    chains: [
      { start, raws, head: { seq: 5, hash: hex(chain[4]?.hash ?? zeros) } },
      { start, raws: [], head: start },
      { start, raws: raws.with(1, redacted), head: { seq: 5, hash: hex(chain[4]?.hash ?? zeros) } },
      {
        start: { seq: 2, hash: hex(second.hash) },
        raws: raws.slice(2, 4),
        head: { seq: 4, hash: hex(chain[3]?.hash ?? zeros) },
      },
    ],
    broken: [
      { start, raws: raws.toSpliced(1, 1), seq: 2, code: 'CHAIN_BROKEN', why: 'a hole' },
      { start, raws: [raws[0], raws[0]], seq: 2, code: 'CHAIN_BROKEN', why: 'an event twice' },
      { start, raws: [raws[1]], seq: 1, code: 'CHAIN_BROKEN', why: 'it begins at 2' },
      { start, raws: [raws[0], raws[2], raws[1]], seq: 2, code: 'CHAIN_BROKEN', why: 'another order' },
      {
        start,
        raws: [raws[0], hex(make({ seq: 2, prevHash: zeros }).raw)],
        seq: 2,
        code: 'CHAIN_BROKEN',
        why: 'not linked to the event before it',
      },
      {
        start: { seq: 2, hash: hex(first.hash) },
        raws: [hex(third.raw)],
        seq: 3,
        code: 'CHAIN_BROKEN',
        why: 'not linked to the start',
      },
      {
        start,
        raws: [hex(make({ seq: 1, prevHash: zeros, feed: otherFeed, idFeed: otherFeed }).raw)],
        seq: 1,
        code: 'CHAIN_BROKEN',
        why: 'of another feed',
      },
      {
        start,
        raws: [hex(make({ seq: 1, prevHash: zeros, feed: otherFeed, idFeed: feed }).raw)],
        seq: 1,
        code: 'CHAIN_BROKEN',
        why: 'of another feed, with an id of this one',
      },
      {
        start,
        raws: [raws[0], hex(make({ seq: 3, prevHash: first.hash }).raw)],
        seq: 2,
        code: 'CHAIN_BROKEN',
        why: 'linked, but a number left out',
      },
      {
        start,
        raws: [hex(make({ seq: 1, prevHash: zeros, idFeed: otherFeed }).raw)],
        seq: 1,
        code: 'CHAIN_BROKEN',
        why: 'an id with the tail of another feed',
      },
      {
        start,
        raws: [raws[0], hex(make({ seq: 2, prevHash: first.hash, ms: 1_800_000_000_001 }).raw)],
        seq: 2,
        code: 'CHAIN_BROKEN',
        why: 'an id that does not ascend',
      },
      { start, raws: [raws[0], hex(forged)], seq: 2, code: 'CHAIN_BROKEN', why: 'another body than the header names' },
      { start, raws: [raws[0], '00'], seq: 2, code: 'EVENT_INVALID', why: 'no event' },
    ],
  }
}

const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))

/** SEAL-1 to SEAL-3 once more, from their words. */
const seals = (heads: readonly { feed: Uint8Array; seq: number; hash: Uint8Array }[]) => {
  const u64 = (value: number): Uint8Array => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64BE(BigInt(value))
    return bytes
  }
  interface Tree {
    readonly hash: Uint8Array
    readonly leaves: readonly number[]
  }
  const paths = heads.map((): Uint8Array[] => [])
  let level = heads.map(({ feed, seq, hash }, i): Tree => ({
    hash: sha256(Uint8Array.of(0), feed, u64(seq), hash),
    leaves: [i],
  }))
  while (level.length > 1) {
    const next: Tree[] = []
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = level.slice(i, i + 2) as [Tree, Tree | undefined]
      if (right === undefined) {
        next.push(left)
        continue
      }
      for (const leaf of left.leaves) paths[leaf]?.push(right.hash)
      for (const leaf of right.leaves) paths[leaf]?.push(left.hash)
      const [lesser, greater] = hex(left.hash) < hex(right.hash) ? [left, right] : [right, left]
      next.push({
        hash: sha256(Uint8Array.of(1), lesser.hash, greater.hash),
        leaves: [...left.leaves, ...right.leaves],
      })
    }
    level = next
  }
  const treeRoot = level[0]?.hash ?? zeros
  const signature = hot.sign(Buffer.concat([utf8('hearth-seal-1'), treeRoot]))
  return {
    root: hex(treeRoot),
    seals: heads.map(({ feed, seq, hash }, i) => ({
      feed: base32(feed),
      seal: hex(cbor([seq, hash, paths[i], signature])),
    })),
  }
}

export const sealVectors = () => {
  const heads = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      feed: sample(`feed ${i}`, 16),
      seq: i === 2 ? 4_294_967_297 : i + 1,
      hash: sample(`hash ${i}`, 32),
    }))
  const [one] = heads(1) as [ReturnType<typeof heads>[number]]
  const single = hot.sign(
    Buffer.concat([utf8('hearth-seal-1'), sha256(Uint8Array.of(0), one.feed, unhex('0000000000000001'), one.hash)]),
  )
  const seal = (parts: unknown): string => hex(cbor(parts))
  const pair = seals(heads(2)).seals[0]?.seal ?? ''
  return {
    comment:
      'SEAL-1 to SEAL-6, under one hot key. Flushes: heads in order, the root of their tree, the seal of each feed. forged: decodes, does not verify. invalid: SEAL_INVALID.',
    publicKey: hex(hot.publicKey),
    otherPublicKey: hex(root.publicKey),
    flushes: [1, 2, 3, 4, 5, 7, 9].map((count) => ({
      heads: heads(count).map(({ feed, seq, hash }) => ({ feed: base32(feed), seq, hash: hex(hash) })),
      ...seals(heads(count)),
    })),
    forged: [
      { feed: base32(sample('feed 1', 16)), seal: seal([1, one.hash, [], single]), why: 'another feed' },
      { feed: base32(one.feed), seal: seal([2, one.hash, [], single]), why: 'another sequence number' },
      { feed: base32(one.feed), seal: seal([1, sample('hash', 32), [], single]), why: 'another hash' },
      { feed: base32(one.feed), seal: seal([1, one.hash, [zeros], single]), why: 'a longer path' },
      { feed: base32(one.feed), seal: pair.replace(/81(5820.{64})/, '80'), why: 'a shorter path' },
      { feed: base32(one.feed), seal: seal([1, one.hash, [], single.with(3, (single[3] ?? 0) ^ 1)]), why: 'one bit' },
      {
        feed: base32(one.feed),
        seal: seal([
          1,
          one.hash,
          [],
          hot.sign(sha256(Uint8Array.of(0), one.feed, unhex('0000000000000001'), one.hash)),
        ]),
        why: 'a signature without the domain',
      },
    ],
    invalid: [
      { seal: '', why: 'nothing' },
      { seal: seal([1, one.hash, []]), why: 'three fields' },
      { seal: seal([0, one.hash, [], single]), why: 'sequence number 0' },
      { seal: seal([1, one.hash.subarray(1), [], single]), why: 'a hash of 31 bytes' },
      { seal: seal([1, one.hash, [zeros.subarray(1)], single]), why: 'a sibling of 31 bytes' },
      { seal: seal([1, one.hash, Array.from({ length: 17 }, () => zeros), single]), why: 'a path of 17' },
      { seal: seal([1, one.hash, [], single.subarray(1)]), why: 'a signature of 63 bytes' },
      { seal: `${seal([1, one.hash, [], single])}00`, why: 'bytes after the end' },
    ],
  }
}

export const certificateVectors = () => {
  const certify = (fields: unknown, by = root, domain = 'hearth-cert-1'): string => {
    const body = cbor(fields)
    return hex(cbor([body, by.sign(Buffer.concat([utf8(domain), body]))]))
  }
  const fields = [1, 1, hot.publicKey, 1_800_000_000_000]
  return {
    comment: 'CERT-1 to CERT-4, under one root key. Invalid: SEAL_INVALID.',
    rootPublicKey: hex(root.publicKey),
    valid: [fields, [1, 2, signer('next hot').publicKey, 0], [2, 3, signer('third hot').publicKey, 7]].map(
      (fields) => ({
        certificate: certify(fields),
        serial: fields[1],
        hotPublicKey: hex(fields[2] as Uint8Array),
        notBeforeMs: fields[3],
        revokesEarlier: fields[0] === 2,
      }),
    ),
    invalid: [
      { certificate: '', why: 'nothing' },
      { certificate: certify(fields, hot), why: 'signed by another key' },
      { certificate: certify(fields, root, 'hearth-seal-1'), why: 'signed as something else' },
      { certificate: certify(fields, root, ''), why: 'signed without a domain' },
      { certificate: certify(fields.with(0, 3)), why: 'format version 3' },
      { certificate: certify(fields.with(1, 0)), why: 'serial 0' },
      { certificate: certify(fields.with(2, hot.publicKey.subarray(1))), why: 'a key of 31 bytes' },
      { certificate: certify(fields.with(2, new Uint8Array(32))), why: 'a key of small order' },
      { certificate: certify([...fields, 0]), why: 'five fields' },
      { certificate: certify(fields.slice(0, 3)), why: 'three fields' },
      { certificate: `${certify(fields)}00`, why: 'bytes after the end' },
      { certificate: certify(fields).replace(/5840.*/, `5840${'00'.repeat(64)}`), why: 'a signature of zeros' },
    ],
  }
}

const order = 2n ** 252n + 27742317777372353535851937790883648493n
const prime = 2n ** 255n - 19n
const little = (value: bigint): Uint8Array => unhex(value.toString(16).padStart(64, '0')).toReversed()
const fromLittle = (bytes: Uint8Array): bigint => BigInt(`0x${hex(bytes.toReversed())}`)

export const ed25519Vectors = () => {
  const message = utf8('hearth')
  const { publicKey, sign } = root
  const signature = sign(message)
  const R = signature.subarray(0, 32)
  const S = signature.subarray(32)
  const sign255 = 1n << 255n
  /** RFC 8032 curve: the y of the eight points of small order. */
  const order8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n
  const small = [0n, 1n, prime - 1n, order8, prime - order8]
  const badPoints = [
    ...small.flatMap((y) => [
      { hex: hex(little(y)), why: 'small order' },
      { hex: hex(little(y | sign255)), why: 'small order, other sign' },
    ]),
    ...[0n, 1n, 2n, 9n, 18n].flatMap((y) => [
      { hex: hex(little(prime + y)), why: `not canonical: p + ${y}` },
      { hex: hex(little((prime + y) | sign255)), why: `not canonical: p + ${y}, other sign` },
    ]),
  ]
  const join = (...parts: readonly Uint8Array[]): string => hex(Buffer.concat(parts))
  const malleated = join(R, little(fromLittle(S) + order))
  return {
    comment:
      'SEAL-7 to SEAL-10: keys and signatures that are refused before a verifier is asked. tweetnacl: what that verifier says of the same signature under the valid key.',
    message: hex(message),
    publicKeys: {
      valid: ['root', 'hot', 'a', 'b', 'c'].map((name) => ({ hex: hex(signer(name).publicKey) })),
      invalid: [
        ...badPoints,
        { hex: '', why: 'empty' },
        { hex: hex(publicKey.subarray(1)), why: '31 bytes' },
        { hex: `${hex(publicKey)}00`, why: '33 bytes' },
      ],
    },
    signatures: {
      publicKey: hex(publicKey),
      valid: [{ hex: hex(signature) }],
      invalid: [
        { hex: malleated, why: 'S + L', tweetnacl: nacl.sign.detached.verify(message, unhex(malleated), publicKey) },
        { hex: join(R, little(order)), why: 'S = L' },
        { hex: join(R, little(2n ** 256n - 1n)), why: 'S = 2^256-1' },
        ...badPoints.map(({ hex: point, why }) => ({ hex: `${point}${hex(S)}`, why: `R: ${why}` })),
        { hex: hex(signature.subarray(1)), why: '63 bytes' },
        { hex: `${hex(signature)}00`, why: '65 bytes' },
        { hex: '', why: 'empty' },
      ],
    },
  }
}
