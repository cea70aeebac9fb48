import type { Generator, GeneratorClient } from './generator.ts'
import { residentBytes, settledBytes } from './process-memory.ts'
import type { Row } from './table.ts'
import type { Target, TargetName } from './target.ts'

/** What `--only` looks at. */
export const idleScenario = 'idle'

export interface IdleResult {
  readonly joinSeconds: number
  readonly idleMiB: number
  readonly perConnectionKiB: number
}

const settle = { quietMs: 3_000, atMostMs: 30_000 }
const sourceAddresses = 64

/** A fresh, idle broker; then `connections` clients that log in and stay silent. */
export const measureIdle = async (target: Target, generator: Generator, connections: number): Promise<IdleResult> => {
  const before = await settledBytes(target.pid, settle)
  await using held = await generator.hold({ port: target.port, clients: idleClients(target, connections) })
  const peak = await residentBytes(target.pid)
  const after = Math.min(peak, await settledBytes(target.pid, settle))
  return {
    joinSeconds: held.joinSeconds,
    idleMiB: before / 1024 ** 2,
    perConnectionKiB: (after - before) / connections / 1024,
  }
}

/** Over several source addresses, as from several homes. */
const idleClients = (target: Target, connections: number): GeneratorClient[] =>
  target
    .logins(connections)
    .map((login, index) => ({ group: 0, ...login, from: `127.0.0.${2 + (index % sourceAddresses)}` }))

/** Mosquitto checks no passwords here: its figures are for orientation, the limits are Hearth's own. */
export const idleRows = (results: Partial<Record<TargetName, IdleResult>>, connections: number): Row[] => {
  const figures: readonly { label: string; unit: string; digits: number; key: keyof IdleResult; atMost: number }[] = [
    { label: 'idle node, resident memory', unit: 'MiB', digits: 1, key: 'idleMiB', atMost: 120 },
    {
      label: `${connections.toLocaleString('en')} idle connections, resident memory of each`,
      unit: 'KiB',
      digits: 1,
      key: 'perConnectionKiB',
      atMost: 16,
    },
    {
      label: `${connections.toLocaleString('en')} logins by token`,
      unit: 's',
      digits: 2,
      key: 'joinSeconds',
      atMost: connections / 1_000,
    },
  ]
  return figures.map(({ label, unit, digits, key, atMost }) => ({
    label,
    unit,
    digits,
    mosquitto: results.Mosquitto?.[key],
    hearth: results.Hearth?.[key],
    expected: { atMost },
    busy: {},
    faults: [],
  }))
}
