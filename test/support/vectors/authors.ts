/** Author signatures and vouchers (SIGN-1, SIGN-2, SIGN-4), signed by tweetnacl over the encoding of cborg. */
import { base32, cbor, eventId, hex, sample, signer, unhex, uuid } from './oracle.ts'

const node = sample('node of the author', 32)
const device = signer('phone of alice')
const older = signer('laptop of alice')
const channel = eventId(1_800_000_000_000, 0, sample('feed of the channel', 16))
const target = eventId(1_800_000_000_001, 3, sample('feed of the target', 16))
const thread = eventId(1_800_000_000_002, 0, sample('feed of the thread', 16))

const signed = (domain: string, fields: readonly unknown[]): Uint8Array =>
  new Uint8Array(Buffer.concat([Buffer.from(`${domain}\0`), cbor(fields)]))
const signature = (bytes: Uint8Array, by = device) => ({ key: base32(by.publicKey), value: base32(by.sign(bytes)) })
const asSigner = { node: base32(node), user: 'alice' }

const message = (more: { text?: string; replyTo?: Uint8Array; thread?: Uint8Array; clientMessageId?: string } = {}) => {
  const { text = 'hello', clientMessageId = 'c-1' } = more
  const bytes = signed('hearth-words-1', [
    node,
    'alice',
    channel,
    clientMessageId,
    text,
    more.replyTo ?? null,
    more.thread ?? null,
  ])
  const words = {
    kind: 'message',
    channel: uuid(channel),
    clientMessageId,
    text,
    replyTo: more.replyTo ? uuid(more.replyTo) : null,
    thread: more.thread ? uuid(more.thread) : null,
  }
  return { signer: asSigner, words, signed: hex(bytes), signature: signature(bytes) }
}
const edit = (text: string) => {
  const bytes = signed('hearth-words-1', [node, 'alice', channel, target, text])
  const words = { kind: 'edit', channel: uuid(channel), target: uuid(target), text }
  return { signer: asSigner, words, signed: hex(bytes), signature: signature(bytes) }
}

/** S + L: the same point, another encoding, which tweetnacl takes. */
const malleated = (value: Uint8Array): Uint8Array => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  const little = [...value.subarray(32)].reverse()
  const sum = BigInt(`0x${hex(Uint8Array.from(little))}`) + order
  const bytes = unhex(sum.toString(16).padStart(64, '0')).reverse()
  return new Uint8Array([...value.subarray(0, 32), ...bytes])
}

export const authorVectors = () => {
  const plain = message()
  const bytes = unhex(plain.signed)
  const value = device.sign(bytes)
  const vouched = signed('hearth-device-1', [node, 'alice', device.publicKey])
  const smallOrder = new Uint8Array(32)
  smallOrder[0] = 1
  const with_ = (why: string, change: object) => ({
    why,
    signer: asSigner,
    words: plain.words,
    signature: plain.signature,
    ...change,
  })
  return {
    comment:
      'SIGN-1, SIGN-2, SIGN-4: who signs which words, the bytes that the signature covers (hex), key and signature (base32); then what does not hold.',
    valid: [
      plain,
      message({ text: 'Zürich\n👍', replyTo: target }),
      message({ text: 'in a thread', thread, replyTo: target, clientMessageId: '~'.repeat(64) }),
      edit('hello, world'),
    ],
    vouchers: [
      { signer: asSigner, key: base32(device.publicKey), signed: hex(vouched), vouch: signature(vouched, older) },
    ],
    invalid: [
      with_('another text', { words: { ...plain.words, text: 'hello.' } }),
      with_('another channel', { words: { ...plain.words, channel: uuid(thread) } }),
      with_('another client message id', { words: { ...plain.words, clientMessageId: 'c-2' } }),
      with_('an answer to something that the author did not answer', {
        words: { ...plain.words, replyTo: uuid(target) },
      }),
      with_('moved into a thread', { words: { ...plain.words, thread: uuid(thread) } }),
      with_('another user', { signer: { ...asSigner, user: 'alicia' } }),
      with_('a user of another node', { signer: { ...asSigner, node: base32(sample('another node', 32)) } }),
      with_('an edit passed off as a message', {
        signature: edit('hello').signature,
      }),
      with_('another key', { signature: { ...plain.signature, key: base32(older.publicKey) } }),
      with_('the signature of a voucher', { signature: signature(vouched) }),
      with_('one flipped bit', {
        signature: {
          ...plain.signature,
          value: base32(Uint8Array.from(value, (byte, i) => (i === 5 ? byte ^ 1 : byte))),
        },
      }),
      with_('S + L, which tweetnacl takes', { signature: { ...plain.signature, value: base32(malleated(value)) } }),
      with_('a key of small order', { signature: { ...plain.signature, key: base32(smallOrder) } }),
      with_('a signature of zeros under a key of small order', {
        signature: { key: base32(smallOrder), value: base32(new Uint8Array([...smallOrder, ...new Uint8Array(32)])) },
      }),
    ],
  }
}
