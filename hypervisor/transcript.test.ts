import { expect, it } from 'vitest';
import { Transcript } from './transcript';

const print = (transcript: Transcript, text: string) => {
  for (const character of text) transcript.add(character.charCodeAt(0));
};

it('gives back what was printed up to a mark, in another transcript too', () => {
  const first = new Transcript();
  print(first, 'one ');
  const early = first.mark();
  print(first, 'two ');
  const late = first.mark();
  print(first, 'three');
  expect(first.text).toBe('one two three');
  first.restore(early);
  expect(first.text).toBe('one ');
  print(first, 'other');
  const second = new Transcript();
  print(second, 'forgotten');
  second.restore(late);
  print(second, '!');
  expect([first.text, second.text]).toEqual(['one other', 'one two !']);
});

it('does not hold text twice: a mark after a mark costs nothing', () => {
  const transcript = new Transcript();
  print(transcript, 'text');
  expect(transcript.unmarked).toBe(4);
  const mark = transcript.mark();
  expect(transcript.unmarked).toBe(0);
  expect(transcript.mark()).toBe(mark);
});

it('is empty before anything is printed', () => {
  const transcript = new Transcript();
  const start = transcript.mark();
  print(transcript, 'x');
  transcript.restore(start);
  expect(transcript.text).toBe('');
});
