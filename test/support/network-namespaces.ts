import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Machines of their own on this one: each reaches the middle, and others only through it while it forwards. */
export interface Star extends AsyncDisposable {
  /** To run a command at the middle: `ip netns exec …`. */
  readonly middle: readonly string[]
  /** The same at each end. */
  readonly ends: readonly (readonly string[])[]
  /** Address of the middle, as each end sees it, and of the end: 11.x is no private range, and nobody outside sees it. */
  addressOf(end: number): { readonly middle: string; readonly end: string }
  /** From now on the ends reach each other, through the middle. */
  forward(): Promise<void>
}

/** A text says why that cannot be done here. Needs Linux, iproute2, and the right to make network namespaces. */
export const createStar = async (ends: number): Promise<Star | string> => {
  const prefix = `hearth-${randomBytes(3).toString('hex')}`
  const names = ['m', ...Array.from({ length: ends }, (_, end) => String(end))].map((name) => `${prefix}-${name}`)
  const [middle = '', ...others] = names
  const ip = async (...words: string[]): Promise<void> => void (await run('ip', words))
  const dispose = async (): Promise<void> => {
    for (const name of names) await ip('netns', 'del', name).catch(() => undefined)
  }
  const addressOf = (end: number) => ({ middle: `11.${end + 1}.0.1`, end: `11.${end + 1}.0.2` })
  try {
    for (const name of names) {
      await ip('netns', 'add', name)
      await ip('-n', name, 'link', 'set', 'lo', 'up')
    }
    for (const [end, name] of others.entries()) {
      const { middle: near, end: far } = addressOf(end)
      await ip('link', 'add', 'wire', 'netns', name, 'type', 'veth', 'peer', 'name', `to${end}`, 'netns', middle)
      await ip('-n', middle, 'addr', 'add', `${near}/24`, 'dev', `to${end}`)
      await ip('-n', middle, 'link', 'set', `to${end}`, 'up')
      await ip('-n', name, 'addr', 'add', `${far}/24`, 'dev', 'wire')
      await ip('-n', name, 'link', 'set', 'wire', 'up')
      await ip('-n', name, 'route', 'add', 'default', 'via', near)
    }
  } catch (error) {
    await dispose()
    return `needs network namespaces (Linux, iproute2, root): ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`
  }
  const at = (name: string): readonly string[] => ['ip', 'netns', 'exec', name]
  const setForwarding = (value: 0 | 1) =>
    run('ip', ['netns', 'exec', middle, 'sh', '-c', `echo ${value} > /proc/sys/net/ipv4/ip_forward`])
  await setForwarding(0)
  return {
    middle: at(middle),
    ends: others.map(at),
    addressOf,
    forward: async () => void (await setForwarding(1)),
    [Symbol.asyncDispose]: dispose,
  }
}
