import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { NodeProcess } from '../../support/node-process.ts'
import { repository } from '../../support/repository.ts'
import { openTerminal, type Terminal } from './tmux.ts'

/** Somebody with a home folder, an account on the node, and a terminal. */
export interface Person extends AsyncDisposable {
  readonly config: string
  readonly environment: Readonly<Record<string, string>>
  readonly password: string
  /** An invite for the first login. */
  readonly invite: string
  /** `hearth chat …` on a screen of its own. */
  chat(init?: {
    readonly words?: readonly string[]
    readonly columns?: number
    readonly rows?: number
  }): Promise<Terminal>
}

/** Registers by invite when the chat is opened for the first time. */
export const person = async (node: NodeProcess, user: string): Promise<Person> => {
  const config = await mkdtemp(join(tmpdir(), 'hearth-person-'))
  const password = `${user} likes long walks`
  const environment = { XDG_CONFIG_HOME: config, HOME: config, HEARTH_PASSWORD: password, TZ: 'UTC' }
  const { code } = await node.ask(z.object({ code: z.string() }), 'invite', 'create')
  let isNew = true
  return {
    config,
    environment,
    password,
    invite: code,
    chat: async ({ words = [], ...size } = {}) => {
      const login = isNew ? ['--user', user, '--invite', code] : []
      isNew = false
      return openTerminal({ command: chatCommand(node, ...login, ...words), environment, ...size })
    },
    [Symbol.asyncDispose]: () => rm(config, { recursive: true, force: true }),
  }
}

export const chatCommand = (node: NodeProcess, ...words: readonly string[]): string[] => [
  process.execPath,
  join(repository, 'node', 'cli', 'main.ts'),
  'chat',
  '--data',
  node.data,
  ...words,
]
