import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface MosquittoTarget {
  /** `mqtt://127.0.0.1:1883`, as the node says it. */
  readonly url: string
  readonly user: string
  readonly password: string
}

/** A running `mosquitto_sub`: lines as they come. */
export interface MosquittoSubscription extends AsyncDisposable {
  /** The next line; rejects when the program ends before. */
  line(): Promise<string>
  stderr(): string
}

/** Publishes with stock `mosquitto_pub` at QoS 1; rejects with its stderr unless it exits 0. */
export const mosquittoPub = async (
  target: MosquittoTarget,
  topic: string,
  text: string,
  ...flags: readonly string[]
): Promise<void> => {
  const child = spawn('mosquitto_pub', [...login(target), '-q', '1', '-t', topic, '-m', text, ...flags])
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`mosquitto_pub exited ${String(code)}: ${stderr}`)
}

/** Subscribes with stock `mosquitto_sub` at QoS 1; resolves when the broker has granted the subscription. */
export const mosquittoSub = async (
  target: MosquittoTarget,
  filter: string,
  ...flags: readonly string[]
): Promise<MosquittoSubscription> => {
  // -d prints the packets: the SUBACK is the only sign that a message sent now will arrive.
  const child = spawn('stdbuf', ['-oL', 'mosquitto_sub', ...login(target), '-q', '1', '-d', '-t', filter, ...flags])
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<string> => {
    const read = await lines.next()
    if (read.done === true) throw new Error(`mosquitto_sub ended: ${stderr}`)
    return read.value
  }
  while (!(await next()).startsWith('Subscribed ')) continue
  return {
    line: async () => {
      for (;;) {
        const line = await next()
        if (!/^(Client .* (sending|received) |Subscribed )/.test(line)) return line
      }
    },
    stderr: () => stderr,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const closed = once(child, 'close')
      child.kill()
      await closed
    },
  }
}

const login = ({ url, user, password }: MosquittoTarget): string[] => {
  const { hostname, port } = new URL(url)
  return ['-h', hostname, '-p', port, '-u', user, '-P', password]
}
