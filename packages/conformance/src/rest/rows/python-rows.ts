import type { ContractRow, RequestStep } from '../contract-row.ts'
import { ACTION, GET, POST, PUT } from '../paths.ts'

const RESULT = `${ACTION}?blocking=true&result=true`
const needs = { kinds: ['python:3'] }

function python(source: string, more: object = {}): RequestStep {
  return PUT(ACTION, { exec: { kind: 'python:3', code: source, ...more } })
}

export const pythonRows: readonly ContractRow[] = [
  {
    name: 'python:default is stored as the kind that it stands for',
    needs,
    when: PUT(ACTION, { exec: { kind: 'python:default', code: 'def main(args):\n    return args' } }),
    answer: { status: 200, body: { exec: { kind: 'python:3', binary: false } } },
  },
  {
    name: 'a Python action reads back as it was written',
    needs,
    given: [python('def hi(args):\n    return args', { main: 'hi' })],
    when: GET(ACTION),
    answer: { status: 200, body: { exec: { kind: 'python:3', code: 'def hi(args):\n    return args', main: 'hi' } } },
  },
  {
    name: 'a Python action answers with what main returns',
    needs,
    given: [python('def main(args):\n    return {"greeting": "Hi, " + args["name"]}')],
    when: POST(RESULT, { name: 'Zoë ☃' }),
    answer: { status: 200, args: { greeting: 'Hi, Zoë ☃' } },
  },
  {
    name: 'a Python action may return a list',
    needs,
    given: [python('def main(args):\n    return [1, args]')],
    when: POST(RESULT, { a: null }),
    answer: { status: 200, body: [1, { a: null }] },
  },
  {
    name: 'a Python action with another main',
    needs,
    given: [python('def other(args):\n    return {"other": True}', { main: 'other' })],
    when: POST(RESULT, {}),
    answer: { status: 200, args: { other: true } },
  },
  {
    name: 'a Python action that raises is an application error with its text',
    needs,
    given: [python('def main(args):\n    raise ValueError("not today")')],
    when: POST(RESULT, {}),
    answer: { status: 502, args: { error: 'not today' } },
  },
  {
    name: 'a Python action that returns no dictionary is a developer error',
    needs,
    given: [python('def main(args):\n    return "text"')],
    when: POST(`${ACTION}?blocking=true`, {}),
    answer: {
      status: 502,
      body: {
        response: {
          status: 'action developer error',
          result: { error: 'The action did not return a dictionary or array.' },
        },
      },
    },
  },
  {
    name: 'a Python action that cannot be compiled is a developer error',
    needs,
    given: [python('def main(args:\n    return {}')],
    when: POST(`${ACTION}?blocking=true`, {}),
    answer: { status: 502, body: { response: { status: 'action developer error' } } },
  },
]
