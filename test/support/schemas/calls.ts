import { readdirSync } from 'node:fs'
import type { CallSpec } from '../../../spec/calls/call.ts'
import type { NodeCallSpec } from '../../../spec/node-calls/node-call.ts'

const isCall = (value: unknown): value is CallSpec & NodeCallSpec =>
  typeof value === 'object' && value !== null && 'method' in value && 'input' in value

/** What the files of a folder of `spec/` describe, by name; one call a file, files without a call are passed over. */
const load = async (folder: string): Promise<(CallSpec & NodeCallSpec)[]> => {
  const url = new URL(`../../../spec/${folder}/`, import.meta.url)
  const files = readdirSync(url).filter((name) => name.endsWith('.ts'))
  const modules = await Promise.all(files.sort().map((file) => import(new URL(file, url).href) as Promise<object>))
  return modules.flatMap((exported) => Object.values(exported).filter(isCall))
}

/** CALL-1: every call that clients make, ascending. */
export const calls: readonly CallSpec[] = await load('calls')

/** NCALL-2: every call between nodes, ascending. */
export const nodeCalls: readonly NodeCallSpec[] = await load('node-calls')
