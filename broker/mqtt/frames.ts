import { ByteWriter, varintBytes, writeVarint } from './bytes.ts'

/** What a message is known by while it waits for its acknowledgement: its bytes are not needed any more. */
export interface Mark {
  /** Broker-wide number of the message; its packet id is `packetId(serial)`. 0 for QoS 0. */
  readonly serial: number
  readonly topic: string
  /** Arrival position in the log; undefined for what the log does not hold. */
  readonly position: number | undefined
}

/** One encoded PUBLISH; subscribers that get the same bytes share it. */
export class Frame {
  readonly bytes: Buffer
  readonly qos: 0 | 1 | 2
  readonly mark: Mark
  /** Where the packet id stands in `bytes`. */
  readonly idAt: number
  /** Unix ms; undefined for a message that does not expire. */
  readonly expiresAt: number | undefined

  constructor(bytes: Buffer, fields: Pick<Frame, 'qos' | 'mark' | 'idAt' | 'expiresAt'>) {
    this.bytes = bytes
    this.qos = fields.qos
    this.mark = fields.mark
    this.idAt = fields.idAt
    this.expiresAt = fields.expiresAt
  }
}

export interface FrameFields {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: 0 | 1 | 2
  readonly serial: number
  readonly retain: boolean
  readonly duplicate: boolean
  /** Undefined for MQTT 3; without its length. */
  readonly properties: Uint8Array | undefined
  readonly subscriptionIds: readonly number[]
  readonly position: number | undefined
  readonly expiresAt: number | undefined
}

/** Packet ids are 1 … 65535 and follow the broker-wide serial. */
export function packetId(serial: number): number {
  return (serial % 65_535) + 1
}

export function encodePublish(fields: FrameFields): Frame {
  const topicBytes = Buffer.byteLength(fields.topic)
  const propertyBytes =
    fields.properties === undefined ? 0 : fields.properties.length + idsBytes(fields.subscriptionIds)
  const propertyBlock = fields.properties === undefined ? 0 : varintBytes(propertyBytes) + propertyBytes
  const length = 2 + topicBytes + (fields.qos > 0 ? 2 : 0) + propertyBlock + fields.payload.length
  const bytes = Buffer.allocUnsafe(1 + varintBytes(length) + length)
  bytes[0] = 0x30 | (fields.duplicate ? 8 : 0) | (fields.qos << 1) | (fields.retain ? 1 : 0)
  let at = writeVarint(bytes, 1, length)
  at = bytes.writeUInt16BE(topicBytes, at)
  at += bytes.write(fields.topic, at)
  const idAt = at
  if (fields.qos > 0) at = bytes.writeUInt16BE(packetId(fields.serial), at)
  if (fields.properties !== undefined) {
    at = writeVarint(bytes, at, propertyBytes)
    bytes.set(fields.properties, at)
    at += fields.properties.length
    for (const id of fields.subscriptionIds) {
      bytes[at++] = 0x0b
      at = writeVarint(bytes, at, id)
    }
  }
  bytes.set(fields.payload, at)
  const { qos, serial, topic, position, expiresAt } = fields
  return new Frame(bytes, { qos, idAt, expiresAt, mark: { serial, topic, position } })
}

/** The same message for one client only, because its shared packet id is still in use there. */
export function withSerial(frame: Frame, serial: number): Frame {
  const bytes = Buffer.from(frame.bytes)
  bytes.writeUInt16BE(packetId(serial), frame.idAt)
  const { qos, idAt, expiresAt } = frame
  return new Frame(bytes, { qos, idAt, expiresAt, mark: { ...frame.mark, serial } })
}

export interface AckFields {
  readonly type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp'
  readonly id: number
  readonly isVersion5: boolean
  readonly reasonCode: number
  /** Left out for MQTT 3 and for a client that wants no problem information. */
  readonly reasonString: string | undefined
}

const ackHeads = { puback: 0x40, pubrec: 0x50, pubrel: 0x62, pubcomp: 0x70 } as const

/** MQTT 5 §3.4 – §3.7; a success without a reason is two bytes long in every version. */
export function encodeAck(fields: AckFields): Buffer {
  const body = new ByteWriter(16).uint16(fields.id)
  if (fields.isVersion5 && (fields.reasonCode !== 0 || fields.reasonString !== undefined)) {
    body.byte(fields.reasonCode)
    if (fields.reasonString !== undefined) body.raw(reasonProperties(fields.reasonString))
  }
  return packet(ackHeads[fields.type], body.finish())
}

export interface SubackFields {
  readonly id: number
  readonly isVersion5: boolean
  readonly codes: readonly number[]
  readonly reasonString: string | undefined
}

export function encodeSuback(fields: SubackFields): Buffer {
  const body = new ByteWriter().uint16(fields.id)
  if (fields.isVersion5) body.raw(reasonProperties(fields.reasonString))
  for (const code of fields.codes) body.byte(!fields.isVersion5 && code >= 0x80 ? 0x80 : code)
  return packet(0x90, body.finish())
}

/** MQTT 3 has no codes in its UNSUBACK (§3.11). */
export function encodeUnsuback(fields: SubackFields): Buffer {
  const body = new ByteWriter().uint16(fields.id)
  if (fields.isVersion5) {
    body.raw(reasonProperties(fields.reasonString))
    for (const code of fields.codes) body.byte(code)
  }
  return packet(0xb0, body.finish())
}

/** MQTT 5 only: a server may not send DISCONNECT to an older client. */
export function encodeDisconnect(reasonCode: number, reasonString: string | undefined): Buffer {
  return packet(0xe0, new ByteWriter().byte(reasonCode).raw(reasonProperties(reasonString)).finish())
}

export interface ConnackFields {
  readonly isVersion5: boolean
  readonly sessionPresent: boolean
  /** A reason code of MQTT 5, a return code of MQTT 3. */
  readonly code: number
  readonly reasonString?: string | undefined
  readonly assignedClientId?: string | undefined
  readonly sessionExpirySeconds?: number | undefined
  readonly receiveMaximum?: number
  readonly packetBytesMax?: number
  readonly topicAliasMaximum?: number
}

/** Shared subscriptions are announced as not available (MQTT 5 §3.2.2.3.13). */
export function encodeConnack(fields: ConnackFields): Buffer {
  const body = new ByteWriter().byte(fields.sessionPresent ? 1 : 0).byte(fields.code)
  if (fields.isVersion5) body.raw(block(connackProperties(fields)))
  return packet(0x20, body.finish())
}

function connackProperties(fields: ConnackFields): Buffer {
  const writer = new ByteWriter()
  if (fields.reasonString !== undefined) writer.byte(0x1f).text(fields.reasonString)
  if (fields.code >= 0x80) return writer.finish()
  if (fields.sessionExpirySeconds !== undefined) writer.byte(0x11).uint32(fields.sessionExpirySeconds)
  if (fields.assignedClientId !== undefined) writer.byte(0x12).text(fields.assignedClientId)
  if (fields.receiveMaximum !== undefined) writer.byte(0x21).uint16(fields.receiveMaximum)
  if (fields.topicAliasMaximum !== undefined) writer.byte(0x22).uint16(fields.topicAliasMaximum)
  if (fields.packetBytesMax !== undefined) writer.byte(0x27).uint32(fields.packetBytesMax)
  return writer.byte(0x2a).byte(0).finish()
}

function reasonProperties(reasonString: string | undefined): Buffer {
  return block(reasonString === undefined ? Buffer.alloc(0) : new ByteWriter().byte(0x1f).text(reasonString).finish())
}

function block(properties: Buffer): Buffer {
  return new ByteWriter(properties.length + 4).varint(properties.length).raw(properties).finish()
}

function packet(head: number, body: Buffer): Buffer {
  return new ByteWriter(body.length + 5).byte(head).varint(body.length).raw(body).finish()
}

function idsBytes(ids: readonly number[]): number {
  let bytes = 0
  for (const id of ids) bytes += 1 + varintBytes(id)
  return bytes
}
