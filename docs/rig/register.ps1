# Run once, in an elevated PowerShell; adapt the three lines that begin with a name.
$watch   = 'watch D:\data --to s3://my-bucket --still 30'
$program = 'C:\aind-lint\Scripts\aind-lint.exe'
$user    = 'RIG-447\rig'

$action   = New-ScheduledTaskAction -Execute $program -Argument $watch
$trigger  = New-ScheduledTaskTrigger -AtStartup
$settings = New-ScheduledTaskSettingsSet -ExecutionTimeLimit ([TimeSpan]::Zero) -MultipleInstances IgnoreNew `
    -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 5) -StartWhenAvailable
$password = (Get-Credential -UserName $user -Message 'The user of the rig').GetNetworkCredential().Password
Register-ScheduledTask -TaskName 'aind-lint watch' -Action $action -Trigger $trigger -Settings $settings `
    -User $user -Password $password
