import { HearthError } from '../../spec/errors.ts'
import { cleanLine } from './clean-text.ts'
import { createKeyDecoder } from './keys.ts'
import { readAll, type ChatIo } from './terminal-io.ts'

/** HEARTH_PASSWORD, else typed unseen on a terminal, else the first line of stdin. Throws LOGIN_FAILED without any. */
export const readPassword = async (io: ChatIo, { user }: { readonly user: string }): Promise<string> => {
  const given = io.env['HEARTH_PASSWORD']
  if (given !== undefined && given !== '') return given
  const password =
    io.stdin.isTTY === true ? await ask(io, `Password of ${user}: `, { isHidden: true }) : firstLine(await readAll(io))
  if (password === '') throw new HearthError('LOGIN_FAILED', 'no password: set HEARTH_PASSWORD, or give it on stdin')
  return password
}

/** For a new account: typed twice on a terminal. */
export const readNewPassword = async (io: ChatIo, { user }: { readonly user: string }): Promise<string> => {
  const password = await readPassword(io, { user })
  if (io.stdin.isTTY !== true || io.env['HEARTH_PASSWORD']) return password
  if ((await ask(io, 'The same again: ', { isHidden: true })) !== password)
    throw new HearthError('LOGIN_FAILED', 'the two passwords differ')
  return password
}

/** Asks on the terminal; Ctrl-C gives up. */
export const ask = async (
  { stdin, stderr }: ChatIo,
  prompt: string,
  { isHidden = false }: { readonly isHidden?: boolean } = {},
): Promise<string> => {
  const decode = createKeyDecoder()
  let answer = ''
  stderr.write(prompt)
  stdin.setRawMode?.(true)
  try {
    for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
      for (const key of decode(chunk as Uint8Array)) {
        if (key.kind === 'text') answer += key.text
        else if (key.name === 'enter') return answer
        else if (key.name === 'backspace') answer = answer.slice(0, -1)
        else if (key.name === 'ctrl-c') throw new HearthError('LOGIN_FAILED', 'given up')
        if (!isHidden) stderr.write(`\r\u001b[K${prompt}${cleanLine(answer)}`)
      }
    }
    return answer
  } finally {
    stdin.setRawMode?.(false)
    stderr.write('\n')
  }
}

const firstLine = (text: string): string => text.split(/\r?\n/, 1)[0] ?? ''
