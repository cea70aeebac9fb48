import { createInterface } from 'node:readline/promises'
import { HearthError } from '../../spec/errors.ts'
import type { CliIo } from './io.ts'

const passwordBytesMax = 4_096

/** Asks on the terminal; anything but y or yes is no. */
export const confirm = async (io: CliIo, question: string): Promise<boolean> => {
  const lines = createInterface({ input: io.stdin, output: io.stderr })
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim())
  } finally {
    lines.close()
  }
}

/** The first line of standard input. Throws BAD_REQUEST when there is none. */
export const passwordFromStdin = async (io: CliIo): Promise<string> => {
  let text = ''
  for await (const chunk of io.stdin) {
    text += String(chunk)
    if (text.includes('\n') || text.length > passwordBytesMax) break
  }
  const password = text.split(/\r?\n/, 1)[0] ?? ''
  if (password === '') throw new HearthError('BAD_REQUEST', 'no password came on standard input')
  return password
}

/** Asks twice without showing it; undefined: nothing was typed, one shall be made. */
export const askPassword = async (io: CliIo, whose: string): Promise<string | undefined> => {
  const first = await hiddenLine(io, `Password for ${whose} (empty: one is made): `)
  if (first === '') return undefined
  if ((await hiddenLine(io, 'The same again: ')) !== first) {
    throw new HearthError('BAD_REQUEST', 'the two passwords differ; nothing was changed')
  }
  return first
}

const hiddenLine = (io: CliIo, question: string): Promise<string> =>
  new Promise((resolve, reject) => {
    io.stderr.write(question)
    io.stdin.setRawMode?.(true)
    let typed = ''
    const end = (): void => {
      io.stdin.off('data', take)
      io.stdin.setRawMode?.(false)
      io.stdin.pause()
      io.stderr.write('\n')
    }
    const take = (chunk: Buffer | string): void => {
      for (const character of chunk.toString()) {
        if (character === '\r' || character === '\n') {
          end()
          resolve(typed)
          return
        }
        if (character === '\u0003' || character === '\u0004') {
          end()
          reject(new HearthError('BAD_REQUEST', 'given up; nothing was changed'))
          return
        }
        if (character === '\u007F' || character === '\b') typed = typed.slice(0, -1)
        else if (character >= ' ') typed += character
      }
    }
    io.stdin.on('data', take)
    io.stdin.resume()
  })
