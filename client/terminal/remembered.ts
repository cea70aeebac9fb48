import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { channelIdField } from '../../spec/message.ts'

const channelSchema = z.object({
  id: channelIdField,
  server: z.string(),
  handle: z.string(),
  topic: z.string(),
  isDirect: z.literal(true).optional(),
})

const loginSchema = z.object({
  user: z.string(),
  /** An app token, never the password. */
  token: z.string(),
  cursor: z.number().int().min(0).optional(),
  /** What the node listed last: an app token may read channels that it may not list. */
  channels: z.array(channelSchema).default([]),
  /** Channel id → the last position that was on the screen. */
  seen: z.record(z.string(), z.number().int().min(0)).default({}),
})

/** By node: its URL, or `data:` and its folder. The newest login of a node stands first. */
const fileSchema = z.object({ nodes: z.record(z.string(), z.array(loginSchema)) })

export type RememberedLogin = z.output<typeof loginSchema>

/** `$XDG_CONFIG_HOME/hearth/chat.json`, readable for its owner only. */
export interface Remembered {
  /** The login of a user at a node; of whoever logged in last when no user is given. */
  find(node: string, user: string | undefined): Promise<RememberedLogin | undefined>
  put(node: string, login: RememberedLogin): Promise<void>
  forget(node: string, user: string): Promise<void>
}

export const createRemembered = (env: Readonly<Record<string, string | undefined>>): Remembered => {
  const path = join(configFolder(env), 'chat.json')

  const change = async (node: string, edit: (logins: RememberedLogin[]) => RememberedLogin[]): Promise<void> => {
    const file = await readLogins(path)
    file.nodes[node] = edit(file.nodes[node] ?? [])
    await writePrivate(path, `${JSON.stringify(file, null, 2)}\n`)
  }

  return {
    find: async (node, user) =>
      (await readLogins(path)).nodes[node]?.find((login) => user === undefined || login.user === user),
    put: (node, login) => change(node, (logins) => [login, ...logins.filter(({ user }) => user !== login.user)]),
    forget: (node, user) => change(node, (logins) => logins.filter((login) => login.user !== user)),
  }
}

export const configFolder = (env: Readonly<Record<string, string | undefined>>): string =>
  join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'), 'hearth')

/** A file that is missing or damaged remembers nobody: the password is asked for again. */
const readLogins = async (path: string): Promise<z.output<typeof fileSchema>> => {
  try {
    return fileSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return { nodes: {} }
  }
}

const writePrivate = async (path: string, content: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const fresh = `${path}.${process.pid}.new`
  const file = await open(fresh, 'w', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(fresh, path)
}
