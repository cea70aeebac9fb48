import { connect, type Socket } from 'node:net'
import { generate } from 'mqtt-packet'
import { inParallel } from '../in-parallel.ts'
import { personName } from './world.ts'

/** Thousands of MQTT 5 connections that say nothing: a packet made beforehand, a socket, and bytes that are counted. */
export interface Crowd {
  /** Resolves when all have their CONNACK; ms since the first SYN. */
  enter(): Promise<number>
  /** Cuts all links at once. */
  drop(): Promise<void>
}

/** From many addresses, as a crowd comes: one address may have few connections that are not logged in. */
export const createCrowd = (port: () => number, tokens: readonly string[]): Crowd => {
  let sockets: Socket[] = []
  const packets = tokens.map((token, index) =>
    generate({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 5,
      clean: true,
      clientId: `${personName(index)}-phone`,
      keepalive: 0,
      username: personName(index),
      password: Buffer.from(token),
    }),
  )
  const enterOne = (packet: Buffer, index: number): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const localAddress = `127.0.${1 + (index % 200)}.1`
      const socket = connect({ port: port(), host: '127.0.0.1', localAddress, noDelay: true })
      socket.once('connect', () => socket.write(packet))
      socket.on('error', () => {})
      socket.once('close', () => reject(new Error('closed without a CONNACK')))
      socket.once('data', (bytes: Buffer) => {
        if (bytes[0] !== 0x20 || bytes[3] !== 0) reject(new Error(`CONNACK ${bytes.toString('hex')}`))
        else resolve(socket)
        socket.resume()
      })
    })

  /** A node that is busy lets a CONNECT wait too long now and then: it comes again, as clients do. */
  const enterAtLast = async (packet: Buffer, index: number): Promise<Socket> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await enterOne(packet, index)
      } catch (error) {
        if (attempt === 5) throw error
      }
    }
  }

  return {
    enter: async () => {
      const started = performance.now()
      sockets = await inParallel(packets.length, (index) => enterAtLast(packets[index] ?? Buffer.alloc(0), index), 500)
      return performance.now() - started
    },
    drop: async () => {
      const open = sockets.filter(({ closed }) => !closed)
      const closing = open.map((socket) => new Promise((resolve) => socket.once('close', resolve)))
      for (const socket of open) socket.destroy()
      sockets = []
      await Promise.all(closing)
    },
  }
}
