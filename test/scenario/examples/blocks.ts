import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { repository } from '../../support/repository.ts'

/** A fenced block of a Markdown page. */
export interface Block {
  readonly page: string
  /** Of its fence, from 1. */
  readonly line: number
  readonly language: string
  readonly text: string
}

export const blocksOf = async (page: string): Promise<Block[]> => {
  const text = await readFile(join(repository, page), 'utf8')
  return [...text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm)].map(
    ([, indent = '', language = '', body = ''], index) => ({
      page,
      line: text.slice(0, [...text.matchAll(/^( *)```\w*\n[\s\S]*?^\1```$/gm)][index]?.index ?? 0).split('\n').length,
      language,
      text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  )
}

/** What a shell block asks to be typed, and what it says is shown then: its whole-line comments, `…` for anything. */
export interface Statement {
  readonly command: string
  readonly shown: readonly string[]
}

export const statementsOf = async ({ text }: Block): Promise<Statement[]> => {
  const statements: { command: string; shown: string[] }[] = []
  let command = ''
  for (const line of text.split('\n')) {
    if (command === '' && line.startsWith('# ')) statements.at(-1)?.shown.push(line.slice(2))
    else if (command !== '' || line.trim() !== '') {
      command += `${line}\n`
      if (!(await isWhole(command))) continue
      statements.push({ command: command.trim(), shown: [] })
      command = ''
    }
  }
  if (command !== '') throw new Error(`the shell does not understand: ${command}`)
  return statements
}

/** Is it a command, or does a quote, a backslash or a loop go on? */
const isWhole = async (command: string): Promise<boolean> => {
  if (command.endsWith('\\\n')) return false
  return promisify(execFile)('sh', ['-n', '-c', command]).then(
    () => true,
    () => false,
  )
}

/** What `console.log(…) // this` says is printed, in order. */
export const printedBy = ({ text }: Block): string[] =>
  [...text.matchAll(/^ *console\.log\(.*\) \/\/ (.*)$/gm)].map(([, shown = '']) => shown)

/** Does a line fit what a page says is shown? `…` stands for anything. */
export const fits = (line: string, shown: string): boolean =>
  new RegExp(`^${shown.split('…').map(literally).join('.*')}$`, 's').test(line)

const literally = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
