import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HearthError } from '../../spec/errors.ts'
import type { CliIo } from './io.ts'
import type { Invocation } from './parse.ts'

type ChatModule = { readonly runChat: (argv: readonly string[], io: CliIo) => Promise<number> }

/** The terminal client is loaded by its address, as .ts from a clone and as .js from a package: the command line is not built on it. */
export const chat = async (invocation: Invocation, io: CliIo): Promise<number> => {
  const { data, json, help } = invocation.common
  const words = [
    ...(data === undefined ? [] : ['--data', data]),
    ...(json === undefined ? [] : ['--json']),
    ...(help === undefined ? [] : ['--help']),
    ...invocation.words,
  ]
  return (await loadChat()).runChat(words, io)
}

const loadChat = async (): Promise<ChatModule> => {
  const url = new URL(`../../client/terminal/main${extname(import.meta.url)}`, import.meta.url)
  const module: unknown = await import(url.href)
  if (isChatModule(module)) return module
  throw new HearthError('INTERNAL', `${fileURLToPath(url)} has no runChat`)
}

const isChatModule = (module: unknown): module is ChatModule =>
  typeof module === 'object' && module !== null && 'runChat' in module && typeof module.runChat === 'function'
