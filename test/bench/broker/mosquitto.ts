import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pinned, withSystemPrograms } from './target.ts'
import type { Target, TargetInit } from './target.ts'

/** Mosquitto 2 as fast as it goes: no persistence, no passwords, no queue limits, no Nagle. */
export const startMosquitto = async (init: TargetInit): Promise<Target> => {
  const port = await freePort()
  const config = join(init.folder, `mosquitto-${port}.conf`)
  await writeFile(config, configuration(port))
  const [command, ...words] = [...pinned(init.core), 'mosquitto', '-c', config]
  const child = spawn(command ?? '', words, {
    env: withSystemPrograms(),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const closed = once(child, 'close')
  for (let tries = 0; !(await answers(port)); tries += 1) {
    if (tries === 100 || child.exitCode !== null) throw new Error(`mosquitto does not start: ${stderr}`)
    await delay(50)
  }
  return {
    name: 'Mosquitto',
    pid: child.pid ?? 0,
    port,
    prepare: async () => {},
    logins: (count) =>
      Array.from({ length: count }, (_, index) => ({ clientId: `b${index}`, user: undefined, password: undefined })),
    channel: (index) => ({ publish: `c/${index}/say`, subscribe: `c/${index}/say` }),
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await closed
    },
  }
}

const configuration = (port: number): string => `listener ${port} 127.0.0.1
allow_anonymous true
persistence false
set_tcp_nodelay true
max_queued_messages 0
max_queued_bytes 0
max_inflight_messages 0
max_connections -1
log_type error
`

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const answers = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1')
  const outcome = await Promise.race([
    once(socket, 'connect').then(
      () => true,
      () => false,
    ),
    delay(1_000).then(() => false),
  ])
  socket.destroy()
  return outcome
}
