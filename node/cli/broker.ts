import { createServer } from 'node:http'
import { HearthError } from '../../spec/errors.ts'
import { configSchema } from '../config/settings.ts'
import { createLogger } from '../logging/logging.ts'
import { wantsColour } from './io.ts'
import type { CliIo } from './io.ts'
import type { Invocation } from './parse.ts'
import { checked } from './remote.ts'

/** The MQTT broker alone, without accounts or a log: everything allowed, everything in memory. */
export const runBroker = async (invocation: Invocation, io: CliIo): Promise<number> => {
  const { command, input } = invocation
  if (command === undefined) throw new HearthError('INTERNAL')
  const { open, bind, mqttPort, httpPort } = brokerArguments.parse(checked(command, input))
  if (!open) {
    throw new HearthError('BAD_REQUEST', 'a broker without accounts lets everybody in; say --open to mean it')
  }
  const { createOpenBroker } = await import('../../broker/open/index.ts')
  const logger = createLogger(
    { logLevel: 'warn', logFormat: 'auto' },
    { stream: io.stderr, terminal: io.stderr.isTTY === true, colour: wantsColour(io, io.stderr) },
  )
  const interrupted = Promise.withResolvers<void>()
  const release = io.onInterrupt(interrupted.resolve)
  await using broker = createOpenBroker({ logger })
  try {
    await broker.start()
    const mqtt = await broker.listen({ host: bind, port: mqttPort })
    const web = createServer((_request, response) => response.writeHead(404).end())
    web.on('upgrade', (request, socket, head) => broker.handleUpgrade(request, socket, head))
    const webPort = await listen(web, { host: bind, port: httpPort })
    const addresses = { mqtt: `mqtt://${bind}:${mqtt.port}`, webSocket: `ws://${bind}:${webPort}/mqtt` }
    io.stdout.write(
      invocation.common.json === true
        ? `${JSON.stringify({ ready: true, addresses })}\n`
        : `Everybody may connect: ${addresses.mqtt} and ${addresses.webSocket}. Nothing is kept. Ctrl-C stops it.\n`,
    )
    await interrupted.promise
    web.close()
    web.closeAllConnections()
    return 0
  } finally {
    release()
  }
}

const brokerArguments = configSchema
  .pick({ bind: true, mqttPort: true, httpPort: true })
  .extend({ open: configSchema.shape.public })

const listen = (server: ReturnType<typeof createServer>, at: { host: string; port: number }): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(at, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : at.port)
    })
  })
