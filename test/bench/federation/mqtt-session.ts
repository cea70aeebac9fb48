/** A bare MQTT 3.1.1 client, just enough to load a node without being the bottleneck: frames are counted, not parsed. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { generate } from 'mqtt-packet'
import type { Packet } from 'mqtt-packet'

export interface MqttLogin {
  readonly host: string
  readonly port: number
  readonly clientId: string
  readonly user: string
  readonly password: string
}

export interface MqttSession {
  readonly heard: number
  readonly acknowledged: number
  /** Called with the payload of every message. */
  onHeard: ((payload: Buffer) => void) | undefined
  /** QoS 1. */
  publish(topic: string, text: string): void
  /** Resolves with what was granted: 0 or 1, or 128. */
  subscribe(topic: string, qos: 0 | 1): Promise<number>
  close(): void
}

/** Rejects when the broker refuses, or ends the connection before it answers. */
export const openMqtt = async ({ host, port, clientId, user, password }: MqttLogin): Promise<MqttSession> => {
  const socket = connect({ host, port, noDelay: true })
  let rest: Buffer = Buffer.alloc(0)
  let heard = 0
  let acknowledged = 0
  let packetId = 0
  let queue: Buffer[] = []
  let answer: ((frame: Buffer | undefined) => void) | undefined

  const write = (bytes: Buffer): void => {
    if (queue.length === 0) {
      setImmediate(() => {
        if (!socket.destroyed) socket.write(Buffer.concat(queue))
        queue = []
      })
    }
    queue.push(bytes)
  }
  const ask = async (packet: Packet): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      answer = (frame) => {
        answer = undefined
        if (frame === undefined) reject(new Error(`${host} ended the connection of ${clientId}`))
        else resolve(frame)
      }
      write(generate(packet))
    })
  /** MQTT-3.3: topic, packet id at QoS 1, payload. */
  const publication = (frame: Buffer, start: number): void => {
    heard += 1
    const qos = ((frame[0] ?? 0) >> 1) & 3
    const afterTopic = start + 2 + frame.readUInt16BE(start)
    if (qos > 0) write(Buffer.from([0x40, 2, frame[afterTopic] ?? 0, frame[afterTopic + 1] ?? 0]))
    session.onHeard?.(frame.subarray(afterTopic + (qos > 0 ? 2 : 0)))
  }
  socket.on('data', (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    for (;;) {
      const frame = frameAt(bytes, at)
      if (frame === undefined) break
      at = frame.end
      const type = (bytes[frame.from] ?? 0) >> 4
      if (type === 3) publication(bytes.subarray(frame.from, frame.end), frame.body - frame.from)
      else if (type === 4) acknowledged += 1
      else answer?.(bytes.subarray(frame.from, frame.end))
    }
    rest = bytes.subarray(at)
  })
  socket.on('error', () => {}) // 'close' follows
  socket.on('close', () => answer?.(undefined))

  const session: MqttSession = {
    get heard() {
      return heard
    },
    get acknowledged() {
      return acknowledged
    },
    onHeard: undefined,
    publish(topic, text) {
      packetId = (packetId % 65_535) + 1
      write(generate({ cmd: 'publish', topic, payload: text, qos: 1, messageId: packetId, dup: false, retain: false }))
    },
    subscribe: async (topic, qos) => {
      packetId = (packetId % 65_535) + 1
      const frame = await ask({ cmd: 'subscribe', messageId: packetId, subscriptions: [{ topic, qos }] })
      return frame.at(-1) ?? 128
    },
    close: () => socket.destroy(),
  }
  await Promise.race([once(socket, 'connect'), once(socket, 'close')])
  const connack = await ask({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId,
    keepalive: 0,
    username: user,
    password: Buffer.from(password),
  })
  if (connack.at(-1) !== 0) {
    socket.destroy()
    throw new Error(`${host} refused ${clientId}: CONNACK ${connack.at(-1)}`)
  }
  return session
}

/** MQTT-2.2.3: where the frame that begins at `from` has its body and its end; undefined: it is not all here. */
const frameAt = (bytes: Buffer, from: number): { from: number; body: number; end: number } | undefined => {
  let length = 0
  for (let index = 0; index < 4; index += 1) {
    const byte = bytes[from + 1 + index]
    if (byte === undefined) return undefined
    length += (byte & 0x7f) << (7 * index)
    if (byte < 0x80) {
      const body = from + 2 + index
      return body + length <= bytes.length ? { from, body, end: body + length } : undefined
    }
  }
  throw new Error('a frame length of more than four bytes')
}
