import { limits } from '../spec/limits.ts'
import type { ConnectRequest } from './components.ts'
import type { ConnectPacket, OtherVersion } from './mqtt/connect-packet.ts'
import { encodeConnack } from './mqtt/frames.ts'
import { reason } from './mqtt/reason-codes.ts'
import { isTopicName } from './mqtt/topics.ts'

/** A CONNECT that is refused without asking the policy: what to answer, before closing. */
export interface ConnectRefusal {
  readonly answer: Buffer
  readonly why: string
}

/** What the standard itself says about a CONNECT; undefined when it is for the policy to decide. */
export function refusalOf(packet: ConnectPacket | OtherVersion): ConnectRefusal | undefined {
  if ('otherVersion' in packet) return refuseVersion(packet.otherVersion)
  const isVersion5 = packet.protocolVersion === 5
  if (packet.clientId === '' && !isVersion5 && !packet.isCleanStart) {
    return refuse(false, 2, 'an empty client id needs a clean session')
  }
  if (packet.will && !isTopicName(packet.will.topic)) {
    return refuse(isVersion5, isVersion5 ? 0x90 : 5, 'the topic of the will is not valid')
  }
  const { receiveMaximum, packetBytesMax, authenticationMethod } = packet.properties
  if (receiveMaximum === 0 || packetBytesMax === 0) return refuse(true, reason.protocolError, 'a maximum of 0')
  if (authenticationMethod !== undefined) return refuse(true, 0x8c, 'there is no enhanced authentication here')
  return undefined
}

/** What the policy is asked. */
export function connectRequest(
  { will, username, password, protocolVersion }: ConnectPacket,
  from: { readonly address: string; readonly transport: 'tcp' | 'tls' | 'ws'; readonly clientId: string },
): ConnectRequest {
  return {
    ...from,
    username,
    password,
    protocolVersion,
    will: will && { topic: will.topic, payload: will.payload, retain: will.retain, qos: will.qos },
  }
}

/** How long the session stays without a connection (MQTT 5 §3.1.2.11.2); MQTT 3 without a clean session: the longest. */
export function sessionExpirySeconds({ protocolVersion, isCleanStart, properties }: ConnectPacket): number {
  if (protocolVersion !== 5) return isCleanStart ? 0 : limits.sessionExpirySeconds
  return Math.min(properties.sessionExpirySeconds ?? 0, limits.sessionExpirySeconds)
}

function refuseVersion(version: number): ConnectRefusal {
  const isNewer = version > 5
  return refuse(isNewer, isNewer ? 0x84 : 1, `MQTT protocol version ${version} is not spoken here`)
}

function refuse(isVersion5: boolean, code: number, why: string): ConnectRefusal {
  return { answer: encodeConnack({ isVersion5, sessionPresent: false, code, reasonString: why }), why }
}
