#Requires -RunAsAdministrator
# Registers the watcher as a scheduled task and starts it. Run it once; adapt these five values.
# No folder may end with a backslash: it would hide the quotation mark after it.
$program = 'C:\aind-lint\aind-lint.exe'
$folder = 'D:\data'
$bucket = 's3://my-bucket'
$state = 'C:\ProgramData\aind-lint'
$account = 'RIG-447\rig'

$ErrorActionPreference = 'Stop'
$watch = "watch `"$folder`" --to $bucket --still 30 --state `"$state`""
$settings = @{
    ExecutionTimeLimit         = [TimeSpan]::Zero
    MultipleInstances          = 'IgnoreNew'
    RestartCount               = 999
    RestartInterval            = New-TimeSpan -Minutes 5
    StartWhenAvailable         = $true
    AllowStartIfOnBatteries    = $true
    DontStopIfGoingOnBatteries = $true
}
$credential = Get-Credential -UserName $account -Message 'The account that runs the watcher'
$task = @{
    TaskName = 'aind-lint watch'
    Action   = New-ScheduledTaskAction -Execute $program -Argument $watch
    Trigger  = New-ScheduledTaskTrigger -AtStartup
    Settings = New-ScheduledTaskSettingsSet @settings
    User     = $credential.UserName
    Password = $credential.GetNetworkCredential().Password
}
Register-ScheduledTask @task
Start-ScheduledTask -TaskName $task.TaskName
