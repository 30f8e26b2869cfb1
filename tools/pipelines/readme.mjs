// readme.mjs PACKAGES README DIR: takes the two pipelines out of the README, holds the one for
// GitHub against its schema of a workflow, and leaves in DIR what they run: the arguments and the
// variables of the step, with demo values, the vendor's name, and the file and job for GitLab.
import {createRequire} from 'node:module';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

const [packages, file, dir] = process.argv.slice(2);
const require = createRequire(path.join(path.resolve(packages), 'package.json'));
const {validateWorkflow} = require('@action-validator/core');
const {parse} = require('yaml');
const must = (good, what) => {
	if (!good) {
		console.error(`readme: ${what}`);
		process.exit(1);
	}
};

const blocks = [...readFileSync(file, 'utf8').split('### On each push')[1].split('\n### ')[0].matchAll(/```yaml\n([^`]*)```/g)].map((found) => found[1]);
must(blocks.length === 2, `${blocks.length} pipelines`);
for (const block of blocks) must(block.trimEnd().split('\n').length === 3, 'a pipeline that is not three lines');

const workflow = (steps) => `on: push\njobs:\n  login:\n    runs-on: ubuntu-latest\n    steps:\n${steps.replace(/^/gm, '      ').trimEnd()}\n`;
const {errors} = validateWorkflow(workflow(blocks[0]));
must(errors.length === 0, JSON.stringify(errors, null, 2));
must(validateWorkflow(workflow(blocks[0].replace('uses:', 'use:'))).errors.length > 0, 'the judge takes a step that uses nothing');

const [step] = parse(blocks[0]);
const [, owner, folder] = step.uses.match(/^([^/]+\/[^/]+)\/(.+)@.+$/);
must(readFileSync('go.mod', 'utf8').includes(`module github.com/${owner}\n`), `the repository is not ${owner}`);
must(existsSync(path.join(folder, 'action.yml')), `no action in ${folder}`);
const inputs = Object.keys(parse(readFileSync(path.join(folder, 'action.yml'), 'utf8')).inputs);
must(Object.keys(step.with).every((name) => inputs.includes(name)), `an input that the action has not: ${Object.keys(step.with)}`);
const [vendor] = step.with.arguments.split('\n');
const {secrets} = parse(readFileSync(path.join('contracts', vendor, 'contract.yaml'), 'utf8'));
const prefix = `LOGINWATCH_${vendor.toUpperCase().replaceAll('-', '_')}_`;
const variables = Object.keys(step.env).map((name) => {
	const secret = secrets[name.replace(prefix, '').toLowerCase()];
	must(name.startsWith(prefix) && secret, `${vendor} has no ${name}`);
	return `${name}=${secret.demo}\n`;
});
writeFileSync(path.join(dir, 'arguments'), `${step.with.arguments}\n`);
writeFileSync(path.join(dir, 'vendor'), vendor);
writeFileSync(path.join(dir, 'variables'), variables.join(''));
writeFileSync(path.join(dir, 'gitlab-ci.yml'), blocks[1]);
writeFileSync(path.join(dir, 'gitlab-job'), Object.keys(parse(blocks[1])).find((name) => name !== 'include'));
