import { ByteReader, decodeText } from './bytes.ts'
import { PacketError } from './packet-error.ts'
import { noProperties, readProperties, type Properties } from './properties.ts'
import { isTopicName } from './topics.ts'

const publishProperties: ReadonlySet<number> = new Set([0x01, 0x02, 0x03, 0x08, 0x09, 0x23, 0x26])
const subscribeProperties: ReadonlySet<number> = new Set([0x0b, 0x26])
const unsubscribeProperties: ReadonlySet<number> = new Set([0x26])

export interface PublishPacket {
  /** Empty when only an alias came. */
  readonly topic: string
  /** A view into the socket's buffer. */
  readonly payload: Buffer
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  readonly duplicate: boolean
  /** 0 for QoS 0. */
  readonly id: number
  readonly properties: Readonly<Properties>
}

/** Where one packet lies: from `start`, where its `head` byte is, to before `end`; `at` is behind the length. */
export interface PacketSpan {
  readonly bytes: Buffer
  readonly start: number
  readonly head: number
  readonly at: number
  readonly end: number
}

/** The hot packet, straight from the buffer (MQTT 5 §3.3). */
export function decodePublish(span: PacketSpan, isVersion5: boolean, names: TopicNames): PublishPacket {
  const { bytes, head, end } = span
  let at = span.at
  const qos = (head >> 1) & 3
  if (qos === 3) throw new PacketError(0x81, 'QoS 3 does not exist')
  if (qos === 0 && head & 8) throw new PacketError(0x81, 'DUP is not for QoS 0')
  if (at + 2 > end) throw new PacketError(0x81, 'the packet is shorter than its fields')
  const topicAt = at + 2
  at = topicAt + ((bytes[at]! << 8) | bytes[at + 1]!)
  if (at + (qos > 0 ? 2 : 0) > end) throw new PacketError(0x81, 'the packet is shorter than its fields')
  const topic = names.read(bytes, topicAt, at)
  let id = 0
  if (qos > 0) {
    id = (bytes[at]! << 8) | bytes[at + 1]!
    if (id === 0) throw new PacketError(0x81, 'packet id 0')
    at += 2
  }
  let properties = noProperties
  if (isVersion5) {
    if (bytes[at] === 0 && at < end) at++
    else {
      const reader = new ByteReader(bytes, at, end)
      properties = readProperties(reader, publishProperties)
      at = reader.at
    }
  }
  const payload = bytes.subarray(at, end)
  return {
    topic,
    payload,
    qos: qos as 0 | 1 | 2,
    retain: (head & 1) === 1,
    duplicate: (head & 8) === 8,
    id,
    properties,
  }
}

const knownTopicsMax = 10_000

/** Topic names already checked, by their bytes: a busy topic costs one look-up per message. */
export class TopicNames {
  private readonly known = new Map<string, string>()

  /** Empty stays empty (a topic alias follows); throws `PacketError` on invalid UTF-8, NUL, wildcards and limits. */
  read(bytes: Buffer, start: number, end: number): string {
    const raw = bytes.toString('latin1', start, end)
    const known = this.known.get(raw)
    if (known !== undefined) return known
    const topic = decodeText(bytes, start, end)
    if (topic !== '' && !isTopicName(topic)) throw new PacketError(0x90, 'the topic name is not valid')
    if (this.known.size === knownTopicsMax) this.known.clear()
    this.known.set(raw, topic)
    return topic
  }
}

export interface SubscribePacket {
  readonly id: number
  readonly subscriptionId: number | undefined
  readonly requests: readonly SubscriptionRequest[]
}

export interface SubscriptionRequest {
  readonly filter: string
  readonly qos: 0 | 1 | 2
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  readonly retainHandling: number
}

export function decodeSubscribe(span: PacketSpan, isVersion5: boolean): SubscribePacket {
  const reader = new ByteReader(span.bytes, span.at, span.end)
  const id = readId(reader)
  const properties = isVersion5 ? readProperties(reader, subscribeProperties) : noProperties
  const requests: SubscriptionRequest[] = []
  while (reader.left > 0) {
    const filter = reader.text()
    const options = reader.byte()
    const qos = options & 3
    const retainHandling = (options >> 4) & 3
    if (qos === 3 || retainHandling === 3 || options & (isVersion5 ? 0xc0 : 0xfc)) {
      throw new PacketError(0x81, 'the subscription options are not valid')
    }
    const [noLocal, retainAsPublished] = [(options & 4) !== 0, (options & 8) !== 0]
    requests.push({ filter, qos: qos as 0 | 1 | 2, noLocal, retainAsPublished, retainHandling })
  }
  if (requests.length === 0) throw new PacketError(0x82, 'SUBSCRIBE names no filter')
  return { id, subscriptionId: properties.subscriptionId, requests }
}

export function decodeUnsubscribe(span: PacketSpan, isVersion5: boolean): { id: number; filters: string[] } {
  const reader = new ByteReader(span.bytes, span.at, span.end)
  const id = readId(reader)
  if (isVersion5) readProperties(reader, unsubscribeProperties)
  const filters: string[] = []
  while (reader.left > 0) filters.push(reader.text())
  if (filters.length === 0) throw new PacketError(0x82, 'UNSUBSCRIBE names no filter')
  return { id, filters }
}

/** PUBACK, PUBREC, PUBREL and PUBCOMP: the reason is 0 when it is left out. */
export function decodeAck(span: PacketSpan): { id: number; reasonCode: number } {
  if (span.at + 2 > span.end) throw new PacketError(0x81, 'the packet is shorter than its fields')
  const id = (span.bytes[span.at]! << 8) | span.bytes[span.at + 1]!
  return { id, reasonCode: span.at + 2 < span.end ? span.bytes[span.at + 2]! : 0 }
}

function readId(reader: ByteReader): number {
  const id = reader.uint16()
  if (id === 0) throw new PacketError(0x81, 'packet id 0')
  return id
}
