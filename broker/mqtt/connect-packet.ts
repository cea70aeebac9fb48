import { ByteReader } from './bytes.ts'
import { PacketError } from './packet-error.ts'
import type { PacketSpan } from './packets.ts'
import { eachProperty, noProperties, readProperties, type Properties } from './properties.ts'

export interface WillPacket {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  readonly delaySeconds: number
  readonly properties: Readonly<Properties>
}

/** CONNECT (MQTT 5 §3.1, MQTT 3.1.1 §3.1). */
export interface ConnectPacket {
  readonly protocolVersion: 3 | 4 | 5
  readonly clientId: string
  readonly isCleanStart: boolean
  readonly keepAliveSeconds: number
  readonly username: string | undefined
  readonly password: Buffer | undefined
  readonly will: WillPacket | undefined
  readonly properties: Readonly<ConnectProperties>
}

export interface ConnectProperties {
  sessionExpirySeconds: number | undefined
  receiveMaximum: number | undefined
  packetBytesMax: number | undefined
  wantsProblemInformation: boolean
  authenticationMethod: string | undefined
}

/** What a client says that speaks another version than we do. */
export interface OtherVersion {
  readonly otherVersion: number
}

const connectProperties: ReadonlySet<number> = new Set([0x11, 0x15, 0x16, 0x17, 0x19, 0x21, 0x22, 0x26, 0x27])
const willProperties: ReadonlySet<number> = new Set([0x01, 0x02, 0x03, 0x08, 0x09, 0x18, 0x26])

/** Throws `PacketError` for a malformed one. */
export function decodeConnect(span: PacketSpan): ConnectPacket | OtherVersion {
  const reader = new ByteReader(span.bytes, span.at, span.end)
  const name = reader.text()
  const version = reader.byte()
  if (name !== 'MQTT' && name !== 'MQIsdp') throw new PacketError(0x84, 'not MQTT')
  if (name === 'MQIsdp' ? version !== 3 : version !== 4 && version !== 5) return { otherVersion: version }
  const flags = reader.byte()
  const hasWill = (flags & 0x04) !== 0
  const willQos = (flags >> 3) & 3
  if (flags & 1 || willQos === 3 || (!hasWill && flags & 0x38)) throw new PacketError(0x81, 'the flags are not valid')
  const keepAliveSeconds = reader.uint16()
  const properties = version === 5 ? readConnectProperties(reader) : withoutProperties()
  const clientId = reader.text()
  const will = hasWill ? readWill(reader, { isVersion5: version === 5, qos: willQos as 0 | 1 | 2, flags }) : undefined
  const username = flags & 0x80 ? reader.text() : undefined
  if (flags & 0x40 && !(flags & 0x80) && version !== 5) throw new PacketError(0x81, 'a password without a user name')
  const password = flags & 0x40 ? Buffer.from(reader.binary()) : undefined
  if (reader.left > 0) throw new PacketError(0x81, 'the packet is longer than its fields')
  const isCleanStart = (flags & 0x02) !== 0
  return {
    protocolVersion: version as 3 | 4 | 5,
    clientId,
    isCleanStart,
    keepAliveSeconds,
    username,
    password,
    will,
    properties,
  }
}

/** DISCONNECT: reason code and Session Expiry Interval (MQTT 5 §3.14.2). */
export function decodeDisconnect(span: PacketSpan): { reasonCode: number; sessionExpirySeconds: number | undefined } {
  if (span.end === span.at) return { reasonCode: 0, sessionExpirySeconds: undefined }
  const reader = new ByteReader(span.bytes, span.at, span.end)
  const reasonCode = reader.byte()
  let sessionExpirySeconds: number | undefined
  if (reader.left > 0) {
    eachProperty(reader, new Set([0x11, 0x1f, 0x26]), (id, block) => {
      if (id === 0x11) sessionExpirySeconds = block.uint32()
      else for (let texts = id === 0x26 ? 2 : 1; texts > 0; texts--) block.text()
    })
  }
  return { reasonCode, sessionExpirySeconds }
}

function readWill(
  reader: ByteReader,
  { isVersion5, qos, flags }: { isVersion5: boolean; qos: 0 | 1 | 2; flags: number },
): WillPacket {
  const properties = isVersion5 ? readProperties(reader, willProperties) : noProperties
  const topic = reader.text()
  const payload = Buffer.from(reader.binary())
  return {
    topic,
    payload,
    qos,
    retain: (flags & 0x20) !== 0,
    delaySeconds: properties.willDelaySeconds ?? 0,
    properties,
  }
}

function readConnectProperties(reader: ByteReader): ConnectProperties {
  const found = withoutProperties()
  eachProperty(reader, connectProperties, (id, block) => {
    switch (id) {
      case 0x11:
        found.sessionExpirySeconds = block.uint32()
        return
      case 0x15:
        found.authenticationMethod = block.text()
        return
      case 0x16:
        block.binary()
        return
      case 0x17:
        found.wantsProblemInformation = block.byte() !== 0
        return
      case 0x19:
        block.byte()
        return
      case 0x21:
        found.receiveMaximum = block.uint16()
        return
      case 0x22:
        block.uint16()
        return
      case 0x27:
        found.packetBytesMax = block.uint32()
        return
      default:
        block.text()
        block.text()
    }
  })
  return found
}

function withoutProperties(): ConnectProperties {
  return {
    sessionExpirySeconds: undefined,
    receiveMaximum: undefined,
    packetBytesMax: undefined,
    wantsProblemInformation: true,
    authenticationMethod: undefined,
  }
}
