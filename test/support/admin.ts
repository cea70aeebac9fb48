import type { z } from 'zod'
import { connectAdmin } from '../../node/admin/admin-client.ts'
import type { Row } from '../../node/admin/command.ts'
import { layoutOf } from '../../node/data-folder/layout.ts'

/** Many admin commands to one running node, without a process for each. */
export interface Admin extends AsyncDisposable {
  /** Runs a command by its name (`user add`) with the arguments of its schema. Throws the node's named error. */
  call<T extends z.ZodType>(answer: T, name: string, input: Row): Promise<z.output<T>>
}

/** `data`: the folder of a node that is up. */
export const openAdmin = async (data: string): Promise<Admin> => {
  const client = await connectAdmin(layoutOf(data).adminSocket)
  if (client === undefined) throw new Error(`no node is up on ${data}`)
  const io = { row: async () => {}, progress: () => {}, signal: new AbortController().signal }
  return {
    call: async (answer, name, input) => answer.parse(await client.call(name, input, io)),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  }
}
