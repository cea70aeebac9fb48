import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import mqtt, { type IPublishPacket, type Packet } from 'mqtt-packet'
import { decodeConnect, decodeDisconnect } from '../../../broker/mqtt/connect-packet.ts'
import { encodePublish, packetId, type FrameFields } from '../../../broker/mqtt/frames.ts'
import { PacketError } from '../../../broker/mqtt/packet-error.ts'
import { PacketScanner } from '../../../broker/mqtt/packet-scanner.ts'
import {
  decodeAck,
  decodePublish,
  decodeSubscribe,
  decodeUnsubscribe,
  TopicNames,
  type PacketSpan,
} from '../../../broker/mqtt/packets.ts'
import { messageProperties } from '../../../broker/mqtt/properties.ts'

/** The whole buffer as the body of one packet. */
const spanOf = (head: number, bytes: Buffer): PacketSpan => ({ bytes, start: 0, head, at: 0, end: bytes.length })

function bodyOf(packet: Packet, protocolVersion: number): PacketSpan {
  const bytes = mqtt.generate(packet, { protocolVersion })
  let at = 1
  while (bytes[at]! >= 0x80) at++
  return { bytes, start: 0, head: bytes[0]!, at: at + 1, end: bytes.length }
}

describe('broker packets', () => {
  it('arbitrary bytes never crash a decoder', () => {
    const decoders: ((span: PacketSpan, isVersion5: boolean) => unknown)[] = [
      decodeConnect,
      decodeDisconnect,
      decodeAck,
      (span, isVersion5) => decodePublish(span, isVersion5, new TopicNames()),
      decodeSubscribe,
      decodeUnsubscribe,
    ]
    const connectStart = fc.constantFrom('00044d51545405', '00044d51545404', '')
    fc.assert(
      fc.property(
        connectStart,
        fc.uint8Array({ maxLength: 60 }),
        fc.nat(255),
        fc.boolean(),
        (start, tail, head, isVersion5) => {
          const bytes = Buffer.concat([Buffer.from(start, 'hex'), tail])
          for (const decode of decoders) {
            try {
              decode(spanOf(head, bytes), isVersion5)
            } catch (error) {
              assert.ok(error instanceof PacketError, String(error))
            }
          }
        },
      ),
      { numRuns: 5_000 },
    )
  })

  it('PUBLISH is encoded as another implementation reads it', () => {
    const fields = fc.record({
      topic: fc.constantFrom('a', 'a/b', 'grüße/世界'),
      payload: fc.uint8Array({ maxLength: 300 }),
      qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
      serial: fc.nat(1_000_000),
      retain: fc.boolean(),
      ids: fc.array(fc.integer({ min: 1, max: 268_435_455 }), { maxLength: 3 }),
      userProperties: fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 3 }),
      isVersion5: fc.boolean(),
    })
    fc.assert(
      fc.property(fields, ({ ids, userProperties, isVersion5, ...rest }) => {
        const frame: FrameFields = {
          ...rest,
          duplicate: false,
          properties: isVersion5 ? messageProperties({ userProperties, contentType: 'text/plain' }) : undefined,
          subscriptionIds: isVersion5 ? ids : [],
          position: undefined,
          expiresAt: undefined,
        }
        const packet = parse(encodePublish(frame).bytes, isVersion5 ? 5 : 4) as IPublishPacket
        assert.equal(packet.topic, rest.topic)
        assert.deepEqual(Buffer.from(packet.payload), Buffer.from(rest.payload))
        assert.deepEqual([packet.qos, packet.retain], [rest.qos, rest.retain])
        if (rest.qos > 0) assert.equal(packet.messageId, packetId(rest.serial))
        if (isVersion5 && ids.length > 0) assert.deepEqual([packet.properties?.subscriptionIdentifier].flat(), ids)
      }),
      { numRuns: 500 },
    )
  })

  it('PUBLISH of MQTT 5 is decoded with all its properties', () => {
    const properties = {
      payloadFormatIndicator: true,
      messageExpiryInterval: 60,
      topicAlias: 7,
      responseTopic: 'u/alice/reply',
      correlationData: Buffer.from([1, 2]),
      userProperties: { a: ['1', '2'], b: '3' },
      contentType: 'text/plain',
    }
    const span = bodyOf(
      { cmd: 'publish', topic: 't', payload: 'hi', qos: 1, messageId: 9, retain: true, dup: true, properties },
      5,
    )
    const packet = decodePublish(span, true, new TopicNames())
    assert.deepEqual(
      { ...packet, properties: undefined, payload: packet.payload.toString() },
      {
        topic: 't',
        payload: 'hi',
        qos: 1,
        retain: true,
        duplicate: true,
        id: 9,
        properties: undefined,
      },
    )
    assert.equal(packet.properties.responseTopic, 'u/alice/reply')
    assert.deepEqual(packet.properties.correlationData, Buffer.from([1, 2]))
    assert.deepEqual(packet.properties.userProperties, [
      ['a', '1'],
      ['a', '2'],
      ['b', '3'],
    ])
    assert.deepEqual([packet.properties.topicAlias, packet.properties.messageExpirySeconds], [7, 60])
  })

  it('CONNECT of every version is decoded', () => {
    for (const version of [3, 4, 5] as const) {
      const span = bodyOf(
        {
          cmd: 'connect',
          protocolId: version === 3 ? 'MQIsdp' : 'MQTT',
          protocolVersion: version,
          clientId: 'device',
          clean: false,
          keepalive: 30,
          username: 'alice',
          password: Buffer.from('secret'),
          will: { topic: 'w', payload: Buffer.from('bye'), qos: 1, retain: true, properties: { willDelayInterval: 5 } },
          properties: { sessionExpiryInterval: 60, receiveMaximum: 10, maximumPacketSize: 1_000 },
        },
        version,
      )
      const packet = decodeConnect(span)
      assert.ok('clientId' in packet)
      assert.deepEqual([packet.protocolVersion, packet.clientId, packet.isCleanStart], [version, 'device', false])
      assert.deepEqual([packet.keepAliveSeconds, packet.username, packet.password?.toString()], [30, 'alice', 'secret'])
      assert.deepEqual([packet.will?.topic, packet.will?.payload.toString(), packet.will?.qos], ['w', 'bye', 1])
      assert.equal(packet.will?.delaySeconds, version === 5 ? 5 : 0)
      assert.equal(packet.properties.receiveMaximum, version === 5 ? 10 : undefined)
    }
  })

  it('a packet is found however the stream is cut', () => {
    const packets = fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(
        packets,
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }),
        fc.boolean(),
        (bodies, cuts, stops) => {
          const stream = Buffer.concat(
            bodies.map((body) =>
              mqtt.generate({
                cmd: 'publish',
                topic: 't',
                payload: Buffer.from(body),
                qos: 0,
                dup: false,
                retain: false,
              }),
            ),
          )
          const found: Buffer[] = []
          const names = new TopicNames()
          const scanner = new PacketScanner(1_000)
          const sink = (span: PacketSpan): boolean => {
            found.push(Buffer.from(decodePublish(span, false, names).payload))
            return !stops
          }
          for (let at = 0, n = 0; at < stream.length; n++) {
            const size = cuts[n % cuts.length]!
            scanner.feed(stream.subarray(at, at + size), sink)
            at += size
            while (stops && scanner.keptBytes > 0) scanner.resume(sink)
            scanner.resume(sink)
          }
          assert.deepEqual(
            found,
            bodies.map((body) => Buffer.from(body)),
          )
        },
      ),
    )
  })

  it('threat 10: a length past the limit is refused before its body arrives', () => {
    const scanner = new PacketScanner(4_096)
    assert.throws(() => scanner.feed(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]), () => true), PacketError)
    assert.throws(
      () => new PacketScanner(4_096).feed(Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff]), () => true),
      PacketError,
    )
  })

  it('threat 9: NUL and invalid UTF-8 in texts are refused', () => {
    for (const text of [[0x61, 0x00], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xff]]) {
      const topic = Buffer.from([0, text.length, ...text])
      assert.throws(() => decodePublish(spanOf(0x30, topic), false, new TopicNames()), PacketError)
      const subscription = Buffer.concat([Buffer.from([0, 1]), topic, Buffer.from([0])])
      assert.throws(() => decodeSubscribe(spanOf(0x82, subscription), false), PacketError)
    }
  })
})

function parse(bytes: Buffer, protocolVersion: number): Packet {
  let found: Packet | undefined
  const parser = mqtt.parser({ protocolVersion })
  parser.on('packet', (packet) => (found = packet))
  parser.parse(bytes)
  assert.ok(found)
  return found
}
