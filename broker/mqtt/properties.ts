import { ByteReader, ByteWriter } from './bytes.ts'
import { PacketError } from './packet-error.ts'

/** Properties of a PUBLISH or SUBSCRIBE as they came (MQTT 5 §2.2.2.2); what is absent is undefined. */
export interface Properties {
  isUtf8: boolean | undefined
  messageExpirySeconds: number | undefined
  contentType: string | undefined
  responseTopic: string | undefined
  correlationData: Buffer | undefined
  subscriptionId: number | undefined
  topicAlias: number | undefined
  willDelaySeconds: number | undefined
  userProperties: (readonly [string, string])[] | undefined
}

export const noProperties: Readonly<Properties> = Object.freeze(emptyProperties())

const userPropertiesMax = 64

/** Reads a property block, its length first, and leaves the reader behind it. */
export function readProperties(reader: ByteReader, allowed: ReadonlySet<number>): Readonly<Properties> {
  if (reader.bytes[reader.at] === 0 && reader.left > 0) {
    reader.at++
    return noProperties
  }
  const found = emptyProperties()
  eachProperty(reader, allowed, (id, block) => readProperty(id, block, found))
  return found
}

/** Calls `read` for each property, whose value it takes from the block; only 0x26 may repeat. */
export function eachProperty(
  reader: ByteReader,
  allowed: ReadonlySet<number>,
  read: (id: number, block: ByteReader) => void,
): void {
  const length = reader.varint()
  const end = reader.at + length
  if (end > reader.end) throw new PacketError(0x81, 'the properties are longer than the packet')
  const block = new ByteReader(reader.bytes, reader.at, end)
  const seen = new Set<number>()
  while (block.left > 0) {
    const id = block.varint()
    if (!allowed.has(id)) throw new PacketError(0x82, `property 0x${id.toString(16)} does not belong here`)
    if (seen.has(id) && id !== 0x26) throw new PacketError(0x82, `property 0x${id.toString(16)} is there twice`)
    seen.add(id)
    read(id, block)
  }
  reader.at = end
}

/** What travels with a message to its subscribers; the caller adds length and subscription ids. */
export function messageProperties(message: {
  readonly isUtf8?: boolean | undefined
  readonly messageExpirySeconds?: number | undefined
  readonly contentType?: string | undefined
  readonly responseTopic?: string | undefined
  readonly correlationData?: Uint8Array | undefined
  readonly userProperties?: readonly (readonly [string, string])[] | undefined
}): Buffer {
  const writer = new ByteWriter()
  if (message.isUtf8 !== undefined) writer.byte(0x01).byte(message.isUtf8 ? 1 : 0)
  if (message.messageExpirySeconds !== undefined) writer.byte(0x02).uint32(message.messageExpirySeconds)
  if (message.contentType !== undefined) writer.byte(0x03).text(message.contentType)
  if (message.responseTopic !== undefined) writer.byte(0x08).text(message.responseTopic)
  if (message.correlationData !== undefined) writer.byte(0x09).binary(message.correlationData)
  if (message.userProperties) {
    for (const [name, value] of message.userProperties) writer.byte(0x26).text(name).text(value)
  }
  return writer.finish()
}

/** Names may repeat; a repeated one holds all its values in order. The record has no prototype (threat 35). */
export function userPropertyRecord(
  pairs: readonly (readonly [string, string])[],
): Readonly<Record<string, string | string[]>> {
  const record: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>
  for (const [name, value] of pairs) {
    const earlier = record[name]
    if (earlier === undefined) record[name] = value
    else if (typeof earlier === 'string') record[name] = [earlier, value]
    else earlier.push(value)
  }
  return record
}

function readProperty(id: number, block: ByteReader, into: Properties): void {
  switch (id) {
    case 0x01: {
      const flag = block.byte()
      if (flag > 1) throw new PacketError(0x82, 'the payload format is 0 or 1')
      into.isUtf8 = flag === 1
      return
    }
    case 0x02:
      into.messageExpirySeconds = block.uint32()
      return
    case 0x03:
      into.contentType = block.text()
      return
    case 0x08:
      into.responseTopic = block.text()
      return
    case 0x09:
      into.correlationData = block.binary()
      return
    case 0x0b:
      into.subscriptionId = block.varint()
      if (into.subscriptionId === 0) throw new PacketError(0x82, 'a subscription identifier is not 0')
      return
    case 0x18:
      into.willDelaySeconds = block.uint32()
      return
    case 0x23:
      into.topicAlias = block.uint16()
      return
    case 0x26:
      into.userProperties ??= []
      if (into.userProperties.length === userPropertiesMax) throw new PacketError(0x97, 'too many user properties')
      into.userProperties.push([block.text(), block.text()])
      return
    default:
      throw new PacketError(0x81, `property 0x${id.toString(16)} is not known`)
  }
}

function emptyProperties(): Properties {
  return {
    isUtf8: undefined,
    messageExpirySeconds: undefined,
    contentType: undefined,
    responseTopic: undefined,
    correlationData: undefined,
    subscriptionId: undefined,
    topicAlias: undefined,
    willDelaySeconds: undefined,
    userProperties: undefined,
  }
}
