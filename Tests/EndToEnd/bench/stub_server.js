// Returns successful responses in the formats of AWS and Slack, which contain what the request names.

import crypto from 'crypto';

function operation(request) {
    return (request.headersIn['X-Amz-Target'] || '').split('.').pop();
}

function execution(id) {
    return {
        QueryExecutionId: id,
        Query: 'SELECT * FROM sales',
        StatementType: 'DML',
        WorkGroup: 'analysts',
        QueryExecutionContext: { Database: 'shop', Catalog: 'AwsDataCatalog' },
        Status: { State: 'SUCCEEDED', SubmissionDateTime: 1709649008.5, CompletionDateTime: 1709649018.5 },
        Statistics: { DataScannedInBytes: 29944425990, TotalExecutionTimeInMillis: 10000 },
    };
}

function sent(entry) {
    const hash = crypto.createHash('md5').update(entry.MessageBody).digest('hex');
    return { Id: entry.Id, MessageId: 'm-' + entry.Id, MD5OfMessageBody: hash };
}

function noItems(tables) {
    const answer = {};
    Object.keys(tables).forEach(name => { answer[name] = []; });
    return answer;
}

const running = 'e0e0e0e0-0000-0000-0000-000000000000';

const answers = {
    StartQueryExecution: () => ({ QueryExecutionId: running }),
    GetQueryExecution: body => ({ QueryExecution: execution(body.QueryExecutionId) }),
    BatchGetQueryExecution: body => ({ QueryExecutions: body.QueryExecutionIds.map(execution) }),
    BatchExecuteStatement: body => ({ Responses: body.Statements.map(() => ({ TableName: 'queries' })) }),
    BatchGetItem: body => ({ Responses: noItems(body.RequestItems) }),
    SendMessageBatch: body => ({ Successful: body.Entries.map(sent), Failed: [] }),
};

function answer(request) {
    const make = answers[operation(request)];
    const body = make ? JSON.stringify(make(JSON.parse(request.requestText))) : '{}';
    request.headersOut['Content-Type'] = 'application/x-amz-json-1.0';
    request.return(200, body);
}

function slack(request) {
    request.headersOut['Content-Type'] = 'application/json';
    const channel = { id: 'D1' };
    request.return(200, JSON.stringify({ ok: true, channel: channel, user: { id: 'U1' }, ts: '1.2' }));
}

export default { answer, slack, operation };
